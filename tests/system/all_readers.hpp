#pragma once

// All functions that read a file by its path, for tests of their common behavior.

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <minnow/data/cifar.hpp>
#include <minnow/data/idx.hpp>
#include <minnow/data/optdigits.hpp>
#include <minnow/exchange/npy.hpp>
#include <minnow/files/any_model.hpp>
#include <minnow/files/mapped_file.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/fit/image_stream.hpp>
#include <minnow/schedule/constant.hpp>
#if defined(MINNOW_TEST_SAFETENSORS)
#include <minnow/exchange/safetensors.hpp>
#endif
#if defined(MINNOW_TEST_GZIP)
#include <minnow/data/gzip.hpp>
#endif

namespace all_readers {

struct small_model : minnow::model<minnow::features<4>, minnow::dense<2, minnow::minw<1, 1>>, minnow::batch_norm> {};

struct reader {
  const char* name;
  const char* expected;  ///< kind of file that the reader's errors name; null if the reader accepts any bytes
  std::function<minnow::status(const char*)> read;
};

/// Returns the error that `body` throws as a status.
template <class Body>
minnow::status caught(Body&& body) {
  try {
    body();
  } catch (const minnow::error& e) {
    return minnow::status::failure("%s", e.what());
  }
  return {};
}

inline const std::vector<reader>& all() {
  using namespace minnow;
  static const std::vector<reader> readers{
      {"npy", "a .npy file",
       [](const char* path) {
         tensor t;
         return read_npy(path, t);
       }},
#if defined(MINNOW_TEST_SAFETENSORS)
      {"safetensors", "a safetensors file",
       [](const char* path) {
         tensors t;
         return read_safetensors(path, t);
       }},
#endif
#if defined(MINNOW_TEST_GZIP)
      {"IDX by gzip", "an IDX file",
       [](const char* path) {
         dataset<std::uint8_t> d;
         return read_idx_images(path, d, gzip);
       }},
#endif
      {"IDX images", "an IDX file",
       [](const char* path) {
         dataset<std::uint8_t> d;
         return read_idx_images(path, d);
       }},
      {"IDX labels", "an IDX file",
       [](const char* path) {
         std::vector<int> l;
         return read_idx_labels(path, l);
       }},
      {"CIFAR", "CIFAR-10's binary records",
       [](const char* path) {
         dataset<std::uint8_t> d;
         return read_cifar10_batch(path, d, 1);
       }},
      {"CIFAR-100", "CIFAR-100's binary records",
       [](const char* path) {
         dataset<std::uint8_t> d;
         return read_cifar100_file(path, d, 1);
       }},
      {"optdigits", "a text of numbers",
       [](const char* path) {
         dataset<std::uint8_t> d;
         return read_optdigits_file(path, d, 3);
       }},
      {"packed model", "a minnow file",
       [](const char* path) {
         packed<small_model> p;
         return read(path, p);
       }},
      {"network", "a minnow file",
       [](const char* path) {
         network<small_model> n;
         return read(path, n);
       }},
      {"any model", "a minnow file",
       [](const char* path) {
         std::variant<packed<small_model>> p;
         return read_any(path, p);
       }},
      {"mapped file", nullptr,
       [](const char* path) {
         mapped_file f;
         return read(path, f);
       }},
      {"image_stream", "records of images",
       [](const char* path) {
         return caught([&] { const image_stream s({.dimensions = {6, 10, 7}, .classes = 10}, {path}); });
       }},
      {"checkpoint", "a minnow file",
       [](const char* path) {
         return caught([&] {
           network<small_model> net{};
           fit(net, dataset<float>({1, 1, 4}, std::vector<float>(4), {1}), adam{}, constant{1},
               {.checkpoint = {.path = path, .resume = true}});
         });
       }},
  };
  return readers;
}

}  // namespace all_readers
