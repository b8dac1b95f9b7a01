#include "cli/ranks.hpp"

#include "base/error.hpp"

#include <chrono>
#include <cstdio>
#include <new>
#include <thread>

namespace linnet {

int rank_of(MPI_Comm comm) {
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  return rank;
}

int size_of(MPI_Comm comm) {
  int size = 1;
  MPI_Comm_size(comm, &size);
  return size;
}

namespace {

// Of PETSc's errors, those that speak of what the user asked for.
Status status_of(const PetscFailure& failure) {
  switch (failure.code) {
  case PETSC_ERR_SUP:
  case PETSC_ERR_ARG_UNKNOWN_TYPE:
  case PETSC_ERR_ARG_WRONG:
  case PETSC_ERR_ARG_WRONGSTATE:
  case PETSC_ERR_ARG_OUTOFRANGE:
  case PETSC_ERR_ARG_INCOMP:
  case PETSC_ERR_ARG_SIZ:
  case PETSC_ERR_USER:
  case PETSC_ERR_USER_INPUT:
  case PETSC_ERR_FILE_OPEN:
  case PETSC_ERR_MISSING_FACTOR:
    return bad_input;
  case PETSC_ERR_MAT_LU_ZRPVT:
  case PETSC_ERR_MAT_CH_ZRPVT:
  case PETSC_ERR_CONV_FAILED:
  case PETSC_ERR_NOT_CONVERGED:
    return not_converged;
  default:
    return internal_error;
  }
}

} // namespace

Status status_of_exception(std::string& message) {
  try {
    throw;
  } catch (const FailedOnRank0& failure) {
    message = failure.what();
    return failure.status;
  } catch (const InputError& error) {
    message = error.what();
    return bad_input;
  } catch (const PetscFailure& failure) {
    message = std::string("PETSc: ") + failure.what();
    return status_of(failure);
  } catch (const std::bad_alloc&) {
    message = "not enough memory";
    return internal_error;
  } catch (const std::exception& error) {
    message = error.what();
    return internal_error;
  }
}

void on_rank_0(MPI_Comm comm, const std::function<void()>& work) {
  std::exception_ptr failure;
  int status = converged;
  if (rank_of(comm) == 0) {
    try {
      work();
    } catch (...) {
      std::string message;
      status = status_of_exception(message);
      failure = std::current_exception();
    }
  }
  MPI_Bcast(&status, 1, MPI_INT, 0, comm);
  if (failure)
    std::rethrow_exception(failure);
  if (status != converged)
    throw FailedOnRank0(static_cast<Status>(status));
}

int agree_on_worst(MPI_Comm comm, int value) {
  using namespace std::chrono_literals;
  int worst = value;
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(&value, &worst, 1, MPI_INT, MPI_MAX, comm, &request);
  if (value == 0) {
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    return worst;
  }
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  for (int arrived = 0; !arrived;) {
    MPI_Test(&request, &arrived, MPI_STATUS_IGNORE);
    if (!arrived && std::chrono::steady_clock::now() > deadline) {
      (void)std::fprintf(stderr, "linnet: rank %d failed where the others go on; ending all\n", rank_of(comm));
      MPI_Abort(comm, internal_error);
    }
    if (!arrived)
      std::this_thread::sleep_for(1ms);
  }
  return worst;
}

std::vector<std::int64_t> row_blocks(MPI_Comm comm, std::int64_t rows) {
  const std::int64_t ranks = size_of(comm);
  std::vector<std::int64_t> first(ranks + 1, 0);
  // As PetscSplitOwnership: the first rows % ranks of them have one more.
  for (std::int64_t rank = 0; rank < ranks; ++rank)
    first[rank + 1] = first[rank] + rows / ranks + (rank < rows % ranks ? 1 : 0);
  return first;
}

} // namespace linnet
