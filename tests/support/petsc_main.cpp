// The main program of tests that use PETSc: GoogleTest inside PetscInitialize, every rank's verdict counted.
#include <gtest/gtest.h>
#include <petscsys.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#else
inline void __lsan_disable() {}       // NOLINT(bugprone-reserved-identifier,cert-dcl37-c)
inline void __lsan_enable() {}        // NOLINT(bugprone-reserved-identifier,cert-dcl37-c)
inline void __lsan_do_leak_check() {} // NOLINT(bugprone-reserved-identifier,cert-dcl37-c)
#endif

namespace {

// Rank 0 reports; another rank prints its failures only.
void silence_other_ranks() {
  PetscMPIInt rank = 0;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank == 0)
    return;
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  class FailurePrinter : public testing::EmptyTestEventListener {
    void OnTestPartResult(const testing::TestPartResult& result) override {
      if (!result.failed())
        return;
      PetscMPIInt failing = 0;
      MPI_Comm_rank(PETSC_COMM_WORLD, &failing);
      std::fprintf(stderr, "[%d] %s:%d: %s\n", failing, result.file_name() ? result.file_name() : "?",
                   result.line_number(), result.summary());
    }
  };
  listeners.Append(new FailurePrinter);
}

} // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // Debian's PETSc checks no memory unless asked. With -malloc_dump it looks at both ends of what it frees and prints
  // what is left at the end, which fails the test: so it has looked at every block. -malloc_debug looks at all blocks
  // whenever one is allocated or freed, which is most of the time of a test and finds the same.
  if (PetscOptionsSetValue(nullptr, "-malloc_dump", nullptr))
    return 1;
  // MPI leaks in its start, from modules that it unloads: leaks are looked for between the two ends only.
  __lsan_disable();
  if (PetscInitialize(&argc, &argv, nullptr, nullptr))
    return 1;
  __lsan_enable();
  silence_other_ranks();
  int failed = RUN_ALL_TESTS();
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, PETSC_COMM_WORLD);
  __lsan_do_leak_check();
  const PetscErrorCode ierr = PetscFinalize();
  return failed || ierr ? 1 : 0;
}
