"""The dataparser of scenes as Nerfstudio's command lines see it."""

from nerfstudio.plugins.registry_dataparser import DataParserSpecification

from pad_nerfstudio.data.scene_dataparser import SceneDataParserConfig

scene_data = DataParserSpecification(
    config=SceneDataParserConfig(),
    description="A scene of several instances in the ToysAD-8K / PartsAD-15K layout: RGB, scene3d.metadata.json",
)
