// The definitions of the functions in minnow/data, for programs that define MINNOW_COMPILED.

#include <minnow/data/impl/cifar.ipp>
#include <minnow/data/impl/dataset.ipp>
#include <minnow/data/impl/idx.ipp>
#include <minnow/data/impl/mnist.ipp>
#include <minnow/data/impl/normalization.ipp>
#include <minnow/data/impl/optdigits.ipp>
#include <minnow/data/impl/record_file.ipp>
#include <minnow/data/impl/synthetic_digits.ipp>

namespace minnow {

template struct dataset<std::uint8_t>;
template struct dataset<float>;

namespace detail {

template status check_images(const dataset<std::uint8_t>&, shape, const char*) noexcept;
template status check_images(const dataset<float>&, shape, const char*) noexcept;
template status check_labels(const dataset<std::uint8_t>&, int, const char*) noexcept;
template status check_labels(const dataset<float>&, int, const char*) noexcept;

}  // namespace detail

}  // namespace minnow
