// ggml: dot products of quantized rows, TQ2_0 (ternary) by Q8_K and Q4_0 by Q8_0, as its matrix product of one row of
// inputs calls them: one call for each filter. The quantization of the inputs is not timed.
//
// ggml may load its kernels for the processor from a file at run time; they are then found in that file.

#include <dlfcn.h>
#include <link.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include "peers.hpp"

namespace {

using namespace bench;

/// The library that contains the kernels for this processor, after ggml has loaded it.
struct kernel_file {
  std::string path;
  const ggml_type_traits_cpu* (*traits)(ggml_type) = nullptr;

  kernel_file() {
    ggml_backend_load_all();
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* self) {
          if (std::strstr(info->dlpi_name, "ggml-cpu") != nullptr)
            static_cast<kernel_file*>(self)->path = info->dlpi_name;
          return 0;
        },
        this);
    if (path.empty()) return;
    if (void* file = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD))
      traits = reinterpret_cast<decltype(traits)>(dlsym(file, "ggml_get_type_traits_cpu"));
  }
};

const kernel_file& kernels_of_ggml() {
  static const kernel_file file;
  return file;
}

std::string about() {
  const std::string& path = kernels_of_ggml().path;
  return std::string(ggml_version()) + ", " +
         (path.empty() ? "no kernels for this processor" : path.substr(path.rfind('/') + 1));
}

/// One row of inputs by all filters, both quantized from random floats.
struct row {
  std::vector<std::byte> inputs, weights;
  std::vector<float> outputs;
  std::size_t filter_bytes;

  row(ggml_type type, const ggml_type_traits_cpu& kernel, const minnow::geometry& g)
      : inputs(ggml_row_size(kernel.vec_dot_type, g.inputs())),
        outputs(static_cast<std::size_t>(g.out.channels)),
        filter_bytes(ggml_row_size(type, g.inputs())) {
    const buffer<float> in(static_cast<std::size_t>(g.inputs()), minnow::seed{1});
    const buffer<float> from(static_cast<std::size_t>(g.weights()), minnow::seed{2});
    kernels_of_ggml().traits(kernel.vec_dot_type)->from_float(in.data(), inputs.data(), g.inputs());
    weights.resize(filter_bytes * outputs.size());
    ggml_quantize_chunk(type, from.data(), weights.data(), 0, g.out.channels, g.inputs(), nullptr);
  }
};

call make(peers::task task, const minnow::geometry& g) {
  if (task != peers::task::ternary_row && task != peers::task::nibble_row) return {};
  const ggml_type type = task == peers::task::ternary_row ? GGML_TYPE_TQ2_0 : GGML_TYPE_Q4_0;
  if (kernels_of_ggml().traits == nullptr || g.out.pixels() != 1 || g.inputs() % ggml_blck_size(type) != 0) return {};
  const ggml_type_traits_cpu& kernel = *kernels_of_ggml().traits(type);
  const auto data = std::make_shared<row>(type, kernel, g);
  return [data, dot = kernel.vec_dot, inputs = g.inputs()] {
    const std::byte* weights = data->weights.data();
    for (float& output : data->outputs) {
      dot(inputs, &output, 0, weights, 0, data->inputs.data(), 0, 1);
      weights += data->filter_bytes;
    }
  };
}

const peers::enrol enrolled({"ggml", "libggml-dev", about, make});

}  // namespace
