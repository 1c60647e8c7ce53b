#pragma once

// The library's only public macros. CMake reads the project's version from these three lines.
#define MINNOW_VERSION_MAJOR 0
#define MINNOW_VERSION_MINOR 1
#define MINNOW_VERSION_PATCH 0
