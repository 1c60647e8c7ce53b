// OpenBLAS: products of rows of inputs with rows of weights, in 32-bit floats.
//
// OpenBLAS does not recognize processors that are newer than itself and runs code for an old one. To choose the code,
// set OPENBLAS_CORETYPE before the program starts.

#include <cblas.h>

#include <memory>

#include "peers.hpp"

namespace {

using namespace bench;

std::string about() { return std::string(openblas_get_config()) + ", core " + openblas_get_corename(); }

call make(peers::task task, const minnow::geometry& g) {
  if (task != peers::task::float_matrix && task != peers::task::float_row) return {};
  openblas_set_num_threads(1);
  const int m = g.out.pixels();
  const int k = g.inputs();
  const int n = g.out.channels;
  const auto count = [](int rows, int columns) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  };
  const auto a = std::make_shared<buffer<float>>(count(m, k), minnow::seed{1});
  const auto b = std::make_shared<buffer<float>>(count(k, n), minnow::seed{2});
  const auto c = std::make_shared<buffer<float>>(count(m, n));
  if (task == peers::task::float_row)
    return [=] { cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1, b->data(), k, a->data(), 1, 0, c->data(), 1); };
  return [=] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a->data(), k, b->data(), n, 0, c->data(), n);
  };
}

const peers::enrol enrolled({"OpenBLAS", "libopenblas-dev", about, make});

}  // namespace
