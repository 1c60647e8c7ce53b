// Writes networks as ONNX files into a folder, for the script `check`.
//
// usage: write_networks FOLDER

#include <minnow/exchange/onnx.hpp>

#include <cstdio>
#include <string>

#include "models.hpp"

namespace {

template <class Model>
void write(const std::string& path) {
  minnow::network<Model> net{minnow::seed{1}};
  minnow::onnx_test::draw_for_onnx(net);
  minnow::export_qonnx(net, path);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fputs("usage: write_networks FOLDER\n", stderr), 2;
  const std::string folder = std::string(arguments[1]) + "/";
  write<minnow::onnx_test::onnx_floats>(folder + "floats.onnx");
  write<minnow::onnx_test::onnx_global>(folder + "global.onnx");
  write<minnow::onnx_test::onnx_codes>(folder + "codes.onnx");
  write<minnow::onnx_test::onnx_features>(folder + "features.onnx");
  write<minnow::onnx_test::onnx_bytes>(folder + "bytes.onnx");
}
