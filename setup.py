"""What pyproject.toml cannot say: the folder ``assets`` travels inside the package esam_core."""

from setuptools import find_packages, setup

ASSETS = ["", ".photos", ".photos.masks", ".weights", ".words"]  # not its figures: made, not needed

setup(
    packages=[
        *find_packages(include=["esam_core*", "demo*"]),
        *(f"esam_core.assets{part}" for part in ASSETS),
    ],
    package_dir={"esam_core.assets": "assets"},
)
