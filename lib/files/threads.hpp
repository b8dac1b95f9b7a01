#pragma once

#include <cstdint>
#include <functional>

namespace linnet {

/// `asked`, or one thread a core where it is not positive; never more than `useful`, never fewer than 1.
int thread_count(int asked, std::int64_t useful);

/// Runs work(0) on the calling thread and work(1), ..., work(threads - 1) beside it, and waits for all. Fewer are run
/// where the system gives no more threads, so the work must be shared out by claiming, not by number. Rethrows the
/// first exception that one of them threw.
void run_on_threads(int threads, const std::function<void(int)>& work);

} // namespace linnet
