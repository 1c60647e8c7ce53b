#include "digits.hpp"

void digits_of_3_bits(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r) {
  run_low_bit<digits<3>>(data, o, r);
}
void digits_in_floats(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r) {
  run_real<digits<32>>(data, o, r);
}
