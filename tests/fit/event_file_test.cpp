#include <minnow/fit/event_file.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "event_files.hpp"
#include "system/data_files.hpp"

using namespace minnow;
using data_files::folder;

TEST_SUITE("fit/event_file") {
  TEST_CASE("checksums are the published ones of CRC-32C") {
    // RFC 3720, B.4, and the check value of the catalog of CRC algorithms.
    CHECK(detail::crc32c("123456789") == 0xe3069283u);
    CHECK(detail::crc32c(std::string(32, '\0')) == 0x8a9136aau);
    CHECK(detail::crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
    CHECK(detail::crc32c("") == 0);
  }

  TEST_CASE("an event file keeps the records that are right and replaces the rest") {
    const folder where;
    const std::string path = where.path("events");
    const auto plan = [](int count, float value) {
      std::vector<detail::planned_event> result{{.time = 2e9}};
      for (int n = 1; n <= count; ++n) result.push_back({n, {{"loss", value}, {"rate", 0.5f}}, 2e9 + n});
      return result;
    };
    require(detail::write_events(path, plan(3, 1)));
    const std::string three = data_files::content<std::string>(path);
    auto later = plan(4, 1);
    for (auto& e : later) e.time += 100;
    require(detail::write_events(path, later));
    CHECK(data_files::content<std::string>(path).substr(0, three.size()) == three);  // with the old times
    if (test::can_read_events())
      CHECK(test::events_of(path) ==
            "1 loss=1.0 rate=0.5\n2 loss=1.0 rate=0.5\n3 loss=1.0 rate=0.5\n4 loss=1.0 rate=0.5\n");
    require(detail::write_events(path, plan(2, 3)));
    if (test::can_read_events()) CHECK(test::events_of(path) == "1 loss=3.0 rate=0.5\n2 loss=3.0 rate=0.5\n");
    // A record that was cut off, and a file of something else, are replaced.
    where.write("events", three.substr(0, three.size() - 5));
    require(detail::write_events(path, plan(3, 1)));
    CHECK(data_files::content<std::string>(path) == three);
    where.write("events", std::string("not a file of events, but longer than a record of one"));
    require(detail::write_events(path, plan(3, 1)));
    CHECK(data_files::content<std::string>(path) == three);
    CHECK(!detail::write_events(where.path("no/such/folder"), plan(1, 1)));
  }
}
