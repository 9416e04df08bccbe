"""The opening notice as the office edits it before issue."""

from ratings.forms.bulletin import BulletinForm
from ratings.models import OpeningNotice


class OpeningNoticeForm(BulletinForm):
    """The fields of the bulletin; the 附件 come from the scheme and cannot be typed."""

    class Meta(BulletinForm.Meta):
        model = OpeningNotice
        help_texts = {
            **BulletinForm.Meta.help_texts,
            "body": "一段一行。“一、”“（一）”“1.”“（1）”开头的行自动按公文层次排字体；附件由系统按方案生成，不用写入正文。",
        }
