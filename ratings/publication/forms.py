"""An official document as the office edits it before issue."""

from crispy_forms.layout import HTML, Column, Div, Layout, Row
from django import forms

from ratings.documents.life import Kind
from ratings.documents.official import CHARACTER_LIMIT, count_characters, parse_number
from ratings.models.official_documents import OfficialDocument
from schools.records.forms import VersionedForm
from schools.site.asked import TextArea

BODY_HINT = "一段一行。“一、”“（一）”“1.”“（1）”开头的行自动按公文层次排字体；{}，不用写入正文。"
COUNTER = """<p class="hint counter" data-counts="id_body" data-limit="{{ limit }}">
正文 <output>{{ characters }}</output> 字（不计空格），上限 {{ limit }} 字。</p>"""


class DocumentForm(VersionedForm):
    class Meta:
        fields = OfficialDocument.TYPED
        widgets = {
            "title": TextArea(attrs={"rows": 2}),
            "addressee": TextArea(attrs={"rows": 2}),
            "body": TextArea(attrs={"rows": 24, "class": "document-text"}),
            "cc": TextArea(attrs={"rows": 2}),
            "issued_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "printed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {"title": "可自行换行；末尾不用标点。", "cc": "末尾不用句号。"}

    def __init__(self, *args, kind: Kind, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["body"].help_text = BODY_HINT.format(kind.annex_hint)
        self.helper.layout = Layout(
            Row(Column("organ", css_class="col-md-6"), Column("co_organs", css_class="col-md-6")),
            Row(
                Column("number", css_class="col-md-6"),
                Column("issued_on", css_class="col-md-3"),
                Column("sealed", css_class="col-md-3 seal"),
            ),
            "title",
            "addressee",
            Div("body", HTML(COUNTER)),
            "cc",
            Row(Column("printer", css_class="col-md-6"), Column("printed_on", css_class="col-md-3")),
            "version",
        )

    @property
    def characters(self) -> int:
        """Length of the text as the limit counts it."""
        return count_characters(self["body"].value() or "")

    def clean_body(self) -> str:
        """Saved with any length below the limit; issuing checks the rest."""
        body = self.cleaned_data["body"]
        count = count_characters(body)
        if count > CHARACTER_LIMIT:
            raise forms.ValidationError(f"正文共 {count} 字，超过 {CHARACTER_LIMIT} 字，请压缩。")
        return body

    def clean_number(self) -> str:
        """Empty in a draft, otherwise in the form the standard wants."""
        text = self.cleaned_data["number"].strip()
        return parse_number(text) if text else ""


def document_form(kind: Kind, record: OfficialDocument, data=None) -> DocumentForm:
    """The form of this kind. It writes into a row of its own, so that the page keeps what is stored."""
    form = forms.modelform_factory(kind.model, form=DocumentForm)
    return form(data, instance=kind.model.objects.get(pk=record.pk), kind=kind)
