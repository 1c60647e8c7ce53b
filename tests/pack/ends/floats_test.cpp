#include <minnow/pack/ends/floats.hpp>

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/model.hpp>

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::layer_constants;
using minnow::detail::stage_end;
using minnow::detail::stage_plan;

namespace {

struct kept_layers : model<features<2>, dense<3, scheme<pixels, integer<8>>>, batch_norm,
                           dense<2, scheme<integer<8>, integer<8>>>, bias> {};

}  // namespace

TEST_SUITE("pack/ends/floats") {
  TEST_CASE("scales, layers and state are kept as they are") {
    const auto check = []<class Plan>(std::type_identity<Plan>, stage_end expected, const std::string& names) {
      CHECK(Plan::ends_in == expected);
      layer_constants<Plan> layers;
      float next = 1;
      layer_constants<Plan>::arrays(layers, [&](std::size_t, std::string_view, std::span<float> values) {
        for (float& v : values) v = next++;
      });
      end_of<Plan> end;
      minnow::detail::pack_end(end, std::move(layers));
      float found = 1;
      std::string found_names;
      end_of<Plan>::arrays(end, [&](std::size_t, std::string_view name, std::span<float> values) {
        found_names += std::string(name) + " ";
        for (const float v : values) CHECK(v == found++);
      });
      CHECK(found == next);
      CHECK(found_names == names);
    };
    check(std::type_identity<stage_plan<kept_layers, 0>>{}, stage_end::requantize, "scales scale shift state ");
    check(std::type_identity<stage_plan<kept_layers, 1>>{}, stage_end::floats, "scales bias ");
  }
}
