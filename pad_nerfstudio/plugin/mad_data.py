"""The dataparser as Nerfstudio's command lines see it."""

from nerfstudio.plugins.registry_dataparser import DataParserSpecification

from pad_nerfstudio.data.mad_dataparser import MadDataParserConfig

mad_data = DataParserSpecification(
    config=MadDataParserConfig(), description="A class folder in the MAD layout: train/good, test/KIND, transforms.json"
)
