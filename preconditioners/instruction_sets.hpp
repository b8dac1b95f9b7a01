#pragma once

namespace linnet {

/// Holds the kernels of the preconditioners to the instruction sets that the environment variable ONEDNN_MAX_CPU_ISA
/// allows oneDNN: SSE41 and AVX leave SSE4.1, those that begin with AVX2 leave AVX2. To be called before their first
/// use.
void limit_instruction_sets();

} // namespace linnet
