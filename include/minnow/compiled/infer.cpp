// Definitions of infer.
#include <minnow/infer/impl/summary.ipp>
