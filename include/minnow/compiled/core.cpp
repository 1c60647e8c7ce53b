// The definitions of the functions in minnow/core, for programs that define MINNOW_COMPILED.

#include <minnow/core/impl/classify.ipp>
#include <minnow/core/impl/error.ipp>
#include <minnow/core/impl/parallel.ipp>
#include <minnow/core/impl/sentence.ipp>
#include <minnow/core/impl/table.ipp>
