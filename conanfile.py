import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.0"


class MinnowRecipe(ConanFile):
    name = "minnow"
    description = "Neural networks with weights and inputs of 1 to 8 bits: trained, packed and run in C++20"
    license = "BSD-3-Clause"
    topics = ("neural-network", "quantization", "binary-neural-network", "simd", "embedded", "header-only")
    package_type = "static-library"
    # header_only=False adds minnow::compiled, a static library that is compiled with the profile's flags.
    options = {"header_only": [True, False]}
    default_options = {"header_only": True}
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True
    exports_sources = "CMakeLists.txt", "include/*", "cmake/*", "LICENSE"

    # Folder of the CMake modules that find_package(minnow) includes, relative to the package.
    modules = os.path.join("share", "cmake", "minnow")

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include", "minnow", "core", "version.hpp"))
        self.version = ".".join(re.search(rf"#define MINNOW_VERSION_{part} (\d+)", header).group(1) for part in ("MAJOR", "MINOR", "PATCH"))

    def layout(self):
        basic_layout(self, src_folder=".")

    def requirements(self):
        # A range that covers both tested major versions of xsimd, because xtensor's own recipe requires one exact
        # version of xsimd.
        self.requires("xsimd/[>=13.2.0 <15]", transitive_headers=True)
        self.requires("xtensor/[>=0.27.1 <0.28]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        if not self.options.header_only:
            CMakeDeps(self).generate()
            toolchain = CMakeToolchain(self)
            for part in ("TESTS", "EXAMPLES", "BENCH", "INSTALL"):
                toolchain.cache_variables[f"MINNOW_{part}"] = False
            toolchain.generate()

    def build(self):
        if not self.options.header_only:
            cmake = CMake(self)
            cmake.configure()
            cmake.build(target="minnow_compiled")

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        for module in ("dispatch", "seal-object", "companions"):
            copy(self, f"minnow-{module}.cmake", os.path.join(self.source_folder, "cmake"), os.path.join(self.package_folder, self.modules))
        for library in ("*.a", "*.lib"):
            copy(self, library, self.build_folder, os.path.join(self.package_folder, "lib"), keep_path=False)

    def package_id(self):
        if self.info.options.header_only:
            self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "minnow")
        # find_package(minnow) includes these modules. They define minnow_dispatch, and minnow::gzip,
        # minnow::safetensors and minnow::mpi if their libraries are found.
        self.cpp_info.set_property("cmake_build_modules", [os.path.join(self.modules, "minnow-dispatch.cmake"),
                                                           os.path.join(self.modules, "minnow-companions.cmake")])
        # minnow::infer is the target for minnow/infer.hpp alone and needs no xtensor.
        needs = {"infer": ["xsimd::xsimd"], "minnow": ["infer", "xtensor::xtensor"]}
        for name, requires in needs.items():
            component = self.cpp_info.components[name]
            component.set_property("cmake_target_name", f"minnow::{name}")
            component.requires = requires
            component.bindirs = []
            component.libdirs = []
            component.builddirs = [self.modules]
        if not self.options.header_only:
            compiled = self.cpp_info.components["compiled"]
            compiled.set_property("cmake_target_name", "minnow::compiled")
            compiled.requires = ["minnow"]
            compiled.libs = ["minnow_compiled"]
            compiled.defines = ["MINNOW_COMPILED"]
            compiled.bindirs = []
            if self.settings.os in ("Linux", "FreeBSD"):
                compiled.exelinkflags = ["-Wl,--gc-sections"]
