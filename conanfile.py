import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.0"


class MinnowRecipe(ConanFile):
    name = "minnow"
    description = "Neural networks with weights and inputs of 1 to 8 bits: trained, packed and run in C++20, headers alone"
    license = "BSD-3-Clause"
    topics = ("neural-network", "quantization", "binary-neural-network", "simd", "embedded", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True
    exports_sources = "include/*", "cmake/minnow-dispatch.cmake", "cmake/minnow-seal-object.cmake", "cmake/minnow-companions.cmake", "LICENSE"

    # Next to the headers and their license: what find_package(minnow) includes besides the target.
    modules = os.path.join("share", "cmake", "minnow")

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include", "minnow", "core", "version.hpp"))
        self.version = ".".join(re.search(rf"#define MINNOW_VERSION_{part} (\d+)", header).group(1) for part in ("MAJOR", "MINOR", "PATCH"))

    def layout(self):
        basic_layout(self, src_folder=".")

    def requirements(self):
        # One range for both majors of xsimd that are tested: xtensor's own recipe asks for one exact version of it.
        self.requires("xsimd/[>=13.2.0 <15]", transitive_headers=True)
        self.requires("xtensor/[>=0.27.1 <0.28]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        for pattern in ("*.hpp", "*.ipp", "*.cpp"):
            copy(self, pattern, os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        copy(self, "*.cmake", os.path.join(self.source_folder, "cmake"), os.path.join(self.package_folder, self.modules))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "minnow")
        # find_package(minnow) includes these too: minnow_dispatch, and minnow::gzip, minnow::safetensors and minnow::mpi where they can be.
        self.cpp_info.set_property("cmake_build_modules", [os.path.join(self.modules, "minnow-dispatch.cmake"),
                                                           os.path.join(self.modules, "minnow-companions.cmake")])
        # minnow::infer, for minnow/infer.hpp alone, needs no xtensor.
        needs = {"infer": ["xsimd::xsimd"], "minnow": ["infer", "xtensor::xtensor"]}
        for name, requires in needs.items():
            component = self.cpp_info.components[name]
            component.set_property("cmake_target_name", f"minnow::{name}")
            component.requires = requires
            component.bindirs = []
            component.libdirs = []
            component.builddirs = [self.modules]
