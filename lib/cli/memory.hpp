#pragma once

namespace linnet {

/// Gives free memory back and forgets the peak of this process, where the system lets one.
void reset_peak_memory();

/// Largest resident memory of this process since it began or reset_peak_memory(), in bytes.
double peak_memory_bytes();

} // namespace linnet
