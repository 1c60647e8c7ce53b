#include <minnow/system/within_memory.hpp>

#include <doctest/doctest.h>

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

using namespace minnow;

TEST_SUITE("system/within_memory") {
  TEST_CASE("what a body says is passed on") {
    CHECK(detail::within_memory("f", [] { return status{}; }).ok());
    CHECK_EQ(std::string(detail::within_memory("f", [] { return status::failure("f: found %d", 3); }).message()),
             "f: found 3");
  }

  TEST_CASE("what a body throws becomes a failure that names the file") {
    const std::string out_of_memory = "f: out of memory: expected room for the file's contents, found too little";
    CHECK_EQ(std::string(detail::within_memory("f", []() -> status { throw std::bad_alloc(); }).message()),
             out_of_memory);
    CHECK_EQ(std::string(detail::within_memory("f",
                                               []() -> status {
                                                 std::vector<int> v;
                                                 v.reserve(v.max_size() + 1);
                                                 return {};
                                               })
                             .message()),
             out_of_memory);
    CHECK_EQ(std::string(detail::within_memory("f", []() -> status { throw std::runtime_error("reason"); }).message()),
             "f: reason");
    CHECK_EQ(std::string(detail::within_memory("f", []() -> status { throw 7; }).message()),
             "f: expected exceptions derived from std::exception, found another one thrown");
  }
}
