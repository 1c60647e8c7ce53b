#pragma once

#include <minnow/system/within_memory.hpp>

#if defined(__cpp_exceptions)
#include <exception>
#include <new>
#include <stdexcept>
#endif

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD status within_memory(const char* name, function_ref<status()> body) noexcept {
#if defined(__cpp_exceptions)
  const auto out_of_memory = [&] {
    return status::failure("%s: out of memory: expected room for the file's contents, found too little", name);
  };
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::length_error&) {
    return out_of_memory();
  } catch (const std::exception& e) {
    return status::failure("%s: %s", name, e.what());
  } catch (...) {
    return status::failure("%s: expected exceptions derived from std::exception, found another one thrown", name);
  }
#else
  (void)name;
  return body();
#endif
}

}  // namespace minnow::detail
