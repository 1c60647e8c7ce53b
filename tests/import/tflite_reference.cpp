// Runs a TensorFlow Lite file with the library's reference kernels. The tests of scripts/minnow_import compare with it.
//
//   g++ -O1 tests/import/tflite_reference.cpp -ltensorflow-lite -o reference   (Debian testing: libtensorflow-lite-dev)
//   reference MODEL.tflite INPUTS OUTPUT_FOLDER
//
// INPUTS holds the bytes of any number of inputs, one after the other. The program writes the bytes of every tensor
// that an operator computes to OUTPUT_FOLDER/NUMBER.bin, for all inputs one after the other.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <tensorflow/lite/interpreter.h>
#include <tensorflow/lite/interpreter_builder.h>
#include <tensorflow/lite/kernels/register_ref.h>
#include <tensorflow/lite/model_builder.h>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto model = tflite::FlatBufferModel::BuildFromFile(argv[1]);
  tflite::ops::builtin::BuiltinRefOpResolver resolver;
  std::unique_ptr<tflite::Interpreter> interpreter;
  if (!model || tflite::InterpreterBuilder(*model, resolver)(&interpreter) != kTfLiteOk) return 1;
  interpreter->SetNumThreads(1);
  // Keeps the memory of intermediate tensors apart, so that they can be read after the last operator.
  tflite::InterpreterOptions options;
  options.SetPreserveAllTensors(true);
  interpreter->ApplyOptions(&options);
  if (interpreter->AllocateTensors() != kTfLiteOk) return 1;
  std::ifstream file(argv[2], std::ios::binary);
  const std::vector<char> inputs{std::istreambuf_iterator<char>(file), {}};
  TfLiteTensor* in = interpreter->input_tensor(0);
  std::map<int, std::ofstream> outputs;
  for (int node : interpreter->execution_plan()) {
    const TfLiteIntArray& results = *interpreter->node_and_registration(node)->first.outputs;
    for (int i = 0; i < results.size; ++i) {
      const std::string path = std::string(argv[3]) + "/" + std::to_string(results.data[i]) + ".bin";
      outputs.emplace(results.data[i], std::ofstream(path, std::ios::binary));
    }
  }
  for (std::size_t at = 0; at + in->bytes <= inputs.size(); at += in->bytes) {
    std::memcpy(in->data.raw, inputs.data() + at, in->bytes);
    if (interpreter->Invoke() != kTfLiteOk) return 1;
    for (auto& [number, out] : outputs) {
      const TfLiteTensor& tensor = *interpreter->tensor(number);
      out.write(tensor.data.raw, static_cast<std::streamsize>(tensor.bytes));
    }
  }
  std::printf("%zu inputs, %zu tensors\n", inputs.size() / in->bytes, outputs.size());
}
