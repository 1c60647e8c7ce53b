// oneDNN: products of floats, and products of unsigned by signed bytes with 32-bit sums. Both run as matrix products
// and as convolutions.
//
// oneDNN chooses the layouts of weights and of a convolution's feature maps. Converting data to these layouts is not
// timed.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>

#include <dnnl.hpp>

#include "peers.hpp"

namespace {

using namespace bench;
using memory = dnnl::memory;

const char* isa_name(dnnl::cpu_isa isa) {
  switch (isa) {
    case dnnl::cpu_isa::sse41:
      return "SSE4.1";
    case dnnl::cpu_isa::avx:
      return "AVX";
    case dnnl::cpu_isa::avx2:
      return "AVX2";
    case dnnl::cpu_isa::avx2_vnni:
      return "AVX2 with VNNI";
    case dnnl::cpu_isa::avx512_core:
      return "AVX-512";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "AVX-512 with VNNI";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "AVX-512 with VNNI and BF16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "AVX-512 with AMX";
    default:
      return "another instruction set";
  }
}

std::string about() {
  const dnnl_version_t* v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch) + ", " +
         isa_name(dnnl::get_effective_cpu_isa());
}

/// A oneDNN primitive with its memory objects. The engine is declared first because the other members use it.
struct prepared {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::primitive primitive{};
  std::unordered_map<int, memory> arguments{};

  /// Fills an argument with random numbers in layout `plain`, and reorders them to the layout that the primitive
  /// expects.
  void take(int argument, const memory::desc& plain, const memory::desc& wanted, minnow::seed draws) {
    memory from(plain, engine);
    fill(from, draws);
    memory to(wanted, engine);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    arguments.emplace(argument, to);
  }

private:
  static void fill(memory& m, minnow::seed draws) {
    const memory::desc layout = m.get_desc();
    void* data = m.get_data_handle();
    if (layout.data_type() == memory::data_type::f32)
      minnow::test::fill_randomly(std::span<float>(static_cast<float*>(data), layout.get_size() / sizeof(float)),
                                  draws);
    else minnow::test::fill_randomly(std::span<std::byte>(static_cast<std::byte*>(data), layout.get_size()), draws);
  }
};

struct types {
  memory::data_type in, weights, out;
};
constexpr types floats{memory::data_type::f32, memory::data_type::f32, memory::data_type::f32};
constexpr types bytes{memory::data_type::u8, memory::data_type::s8, memory::data_type::s32};

call finish(const std::shared_ptr<prepared>& p, const dnnl::primitive& primitive, const memory::desc& out) {
  p->primitive = primitive;
  p->arguments.emplace(DNNL_ARG_DST, memory(out, p->engine));
  return [p] {
    p->primitive.execute(p->stream, p->arguments);
    p->stream.wait();
  };
}

call matrix_product(const minnow::geometry& g, const types& t) {
  const auto p = std::make_shared<prepared>();
  const memory::dims in{g.out.pixels(), g.inputs()};
  const memory::dims weights{g.inputs(), g.out.channels};
  const memory::dims out{g.out.pixels(), g.out.channels};
  using tag = memory::format_tag;
  const dnnl::matmul::desc wanted({in, t.in, tag::ab}, {weights, t.weights, tag::any}, {out, t.out, tag::ab});
  const dnnl::matmul::primitive_desc chosen(wanted, p->engine);
  p->take(DNNL_ARG_SRC, {in, t.in, tag::ab}, chosen.src_desc(), {1});
  p->take(DNNL_ARG_WEIGHTS, {weights, t.weights, tag::ab}, chosen.weights_desc(), {2});
  return finish(p, dnnl::matmul(chosen), chosen.dst_desc());
}

call convolution(const minnow::geometry& g, const types& t) {
  const auto p = std::make_shared<prepared>();
  const memory::dims in{1, g.in.channels, g.in.height, g.in.width};
  memory::dims weights{g.out.channels, g.in.channels, g.kernel.height, g.kernel.width};
  if (g.groups != 1) weights = {g.groups, g.group_filters(), g.group_channels(), g.kernel.height, g.kernel.width};
  const memory::dims out{1, g.out.channels, g.out.height, g.out.width};
  const memory::dims stride{g.stride.height, g.stride.width};
  const memory::dims padding{g.padding.height, g.padding.width};
  using tag = memory::format_tag;
  const dnnl::convolution_forward::desc wanted(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto,
                                               {in, t.in, tag::any}, {weights, t.weights, tag::any},
                                               {out, t.out, tag::any}, stride, padding, padding);
  const dnnl::convolution_forward::primitive_desc chosen(wanted, p->engine);
  p->take(DNNL_ARG_SRC, {in, t.in, tag::nhwc}, chosen.src_desc(), {1});
  p->take(DNNL_ARG_WEIGHTS, {weights, t.weights, g.groups == 1 ? tag::oihw : tag::goihw}, chosen.weights_desc(), {2});
  return finish(p, dnnl::convolution_forward(chosen), chosen.dst_desc());
}

call make(peers::task task, const minnow::geometry& g) {
  switch (task) {
    case peers::task::float_matrix:
      return matrix_product(g, floats);
    case peers::task::float_convolution:
      return convolution(g, floats);
    case peers::task::byte_matrix:
      return matrix_product(g, bytes);
    case peers::task::byte_convolution:
      return convolution(g, bytes);
    default:
      return {};
  }
}

const peers::enrol enrolled({"oneDNN", "libdnnl-dev", about, make});

}  // namespace
