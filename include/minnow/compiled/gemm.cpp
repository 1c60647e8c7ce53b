// Compiled definitions of minnow/gemm: the float matrix products of training.
#include <minnow/gemm/impl/float_products.ipp>
#include <minnow/gemm/impl/grouped_products.ipp>
#include <minnow/gemm/impl/vectors.ipp>
