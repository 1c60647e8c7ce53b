// Compiled definitions of minnow/infer.
#include <minnow/infer/impl/summary.ipp>
