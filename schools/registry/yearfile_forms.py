"""Where the paper file stands."""

from django import forms

from schools.models import Binder


class BinderForm(forms.ModelForm):
    """案卷号、保管人、存放位置 of one school and year."""

    class Meta:
        model = Binder
        fields = ["number", "keeper", "place"]
