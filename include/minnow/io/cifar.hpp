#pragma once

// Keeps the include path of version 0.1. Version 0.3 removes this header.
#include <minnow/data/cifar.hpp>
#include <minnow/data/old_readers.hpp>
