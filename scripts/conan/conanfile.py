"""Packages a header library that is already installed, for scripts/conan-check."""

import os

from conan import ConanFile
from conan.tools.files import copy


class InstalledHeaders(ConanFile):
    package_type = "header-library"

    def requirements(self):
        for needed in {"xtensor": ["xtl"]}.get(self.name, []):
            self.requires(f"{needed}/[*]", transitive_headers=True)

    def package(self):
        include = os.path.join(os.environ["INSTALLED"], "include")
        copy(self, f"{self.name}/*", include, os.path.join(self.package_folder, "include"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", self.name)
        self.cpp_info.set_property("cmake_target_name", self.name)
