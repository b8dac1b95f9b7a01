// KSPDCD fused with latticemg: the same answers, iterations and duties as the plain iteration.
#include "latticemg/fused.hpp"

#include <numeric>

using namespace latticemg_test;
using namespace voxels;

namespace {

struct Case {
  const char* name;
  Domain domain;
  Coefficients coefficients;
  bool singular = false;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"box", box(40, 40, 40), voxel()},
      {"odd box", box(37, 22, 41), voxel()},
      {"balls", largest_component(balls(40, 12, 5)), voxel()},
      {"holes with isolated cells", noise(24, 23, 22, 0.6, 4), {voxel().coupling, [](auto&, int) { return 0.5; }}},
      {"variable", balls(30, 6, 9), variable(9)},
      {"stretched", box(20, 25, 18), stretched()},
      {"plane", box(133, 134, 1), voxel()},
      {"plane on its side", box(1, 90, 127), variable(3)},
      {"line", box(300, 1, 1), voxel()},
      {"a grid that is solved directly", box(5, 5, 5), voxel()},
      {"single cell", box(1, 1, 1), {voxel().coupling, [](auto&, int) { return 3.0; }}},
      {"periodic", torus(32, 33, 35, {true, true, false}), voxel()},
      {"thin walls", box(32, 33, 35), thin_walls()},
      {"thin walls in flat cells", box(30, 28, 35), thin_walls(5)},
      {"periodic with thin walls", torus(32, 28, 35, {true, true, false}), thin_walls()},
      {"excess of its own", balls(30, 6, 9), own_excess(3)},
      {"periodic with excess of its own", torus(32, 28, 35, {true, true, false}), own_excess(5, 0.5)},
      {"thin walls and excess of its own", box(32, 33, 35), {thin_walls().coupling, own_excess(3).excess}},
      {"Neumann", box(32, 30, 28), neumann(), true},
      {"periodic x", torus(24, 27, 28, {true, false, false}), voxel()},
      {"periodic z", torus(24, 28, 27, {false, false, true}), voxel()},
      {"small torus", torus(6, 6, 6, {true, true, true}), neumann(), true},
      {"torus", torus(24, 27, 28, {true, true, true}), neumann(), true},
  };
  return all;
}

TEST(Fused, SolvesAsThePlainIterationDoes) {
  for (const Case& c : cases()) {
    const OwnedMat A = system(c.domain, c.coefficients, c.singular);
    const OwnedKSP ksp = make_dcd(A, c.domain);
    const OwnedVec b = noise(A), guess = noise(A, 7);
    MatNullSpace constants = nullptr;
    MatGetNullSpace(A, &constants);
    if (constants)
      MatNullSpaceRemove(constants, b);
    for (const double rtol : {1e-6, 1e-11})
      for (const bool with_guess : {false, true}) {
        SCOPED_TRACE(c.name + std::string(with_guess ? ", guess, " : ", ") + std::to_string(rtol));
        KSPSetTolerances(ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, 300);
        KSPDCDSetFused(ksp, PETSC_TRUE);
        const Solve fused = run(ksp, b, with_guess ? static_cast<Vec>(guess) : nullptr);
        const std::string text = view(ksp);
        KSPDCDSetFused(ksp, PETSC_FALSE);
        const Solve plain = run(ksp, b, with_guess ? static_cast<Vec>(guess) : nullptr);
        EXPECT_TRUE(fused.fused) << text;
        EXPECT_FALSE(plain.fused);
        EXPECT_GT(fused.reason, 0);
        EXPECT_LE(relative_residual(A, fused.x, b), 1.0001 * rtol);
        // Directions in single precision are conjugate to about their rounding times the condition.
        EXPECT_LE(fused.iterations, rtol > 1e-7 ? plain.iterations * 11 / 10 + 1 : 3 * plain.iterations + 5);
        EXPECT_GE(fused.iterations, plain.iterations - 1);
        EXPECT_EQ(fused.history.size(), static_cast<std::size_t>(fused.iterations) + 1);
        EXPECT_NEAR(fused.history[0], plain.history[0], 1e-12 * plain.history[0]);
        EXPECT_TRUE(constants || difference(plain.x, fused.x) <= 1e4 * rtol);
      }
  }
}

TEST(Fused, HasTheSameBitsOnAnyThreads) {
  for (const auto& [d, coefficients] :
       {std::pair{balls(48, 12, 5), voxel()}, std::pair{box(45, 44, 50), variable(1)},
        std::pair{balls(48, 12, 5), own_excess(1)}, std::pair{box(300, 277, 1), voxel()}}) {
    const OwnedMat A = system(d, coefficients);
    const OwnedVec b = noise(A);
    const OwnedKSP one = make_dcd(A, d, 1);
    const Solve first = run(one, b);
    for (const int threads : {2, 3, 7}) {
      const OwnedKSP many = make_dcd(A, d, threads);
      const Solve other = run(many, b);
      PetscBool same = PETSC_FALSE;
      VecEqual(first.x, other.x, &same);
      EXPECT_TRUE(same) << threads << " threads";
      EXPECT_EQ(first.history, other.history);
    }
  }
}

TEST(Fused, GivesMonitorsTheIterateAndItsResidual) {
  const Domain d = balls(20, 4, 2);
  const OwnedMat A = system(d, voxel());
  const OwnedKSP ksp = make_dcd(A, d);
  const OwnedVec b = noise(A);
  std::vector<double> norms;
  const auto monitor = [](KSP k, PetscInt, PetscReal norm, void* context) -> PetscErrorCode {
    Vec r = nullptr, x = nullptr;
    PetscReal true_norm = 0;
    PetscFunctionBegin;
    PetscCall(KSPBuildSolution(k, nullptr, &x));
    PetscCall(KSPBuildResidual(k, nullptr, nullptr, &r));
    PetscCall(VecNorm(r, NORM_2, &true_norm));
    PetscCall(VecDestroy(&r));
    static_cast<std::vector<double>*>(context)->push_back(true_norm / norm);
    PetscFunctionReturn(0);
  };
  KSPMonitorSet(ksp, monitor, &norms, nullptr);
  const Solve s = run(ksp, b);
  ASSERT_EQ(norms.size(), static_cast<std::size_t>(s.iterations) + 1);
  for (const double ratio : norms)
    EXPECT_NEAR(ratio, 1, 0.05);
}

TEST(Fused, EndsAtTheIterationsAllowedWithTheIterateOfThen) {
  const Domain d = box(40, 40, 40);
  const OwnedMat A = system(d, voxel());
  const OwnedKSP ksp = make_dcd(A, d);
  const OwnedVec b = noise(A);
  KSPSetTolerances(ksp, 1e-12, PETSC_DEFAULT, PETSC_DEFAULT, 3);
  const Solve s = run(ksp, b);
  PetscReal norm = 0;
  VecNorm(b, NORM_2, &norm);
  EXPECT_EQ(s.reason, KSP_DIVERGED_ITS);
  EXPECT_EQ(s.iterations, 3);
  EXPECT_NEAR(relative_residual(A, s.x, b), s.history.back() / norm, 1e-4 * s.history.back() / norm);
}

TEST(Fused, EndsWhereTheAccuracyIsOutOfReach) {
  const Domain d = box(20, 20, 20);
  const OwnedMat A = system(d, variable(2));
  const OwnedKSP ksp = make_dcd(A, d);
  const OwnedVec b = noise(A);
  KSPSetTolerances(ksp, 1e-30, 1e-50, PETSC_DEFAULT, 300);
  const Solve s = run(ksp, b);
  EXPECT_EQ(s.reason, KSP_DIVERGED_BREAKDOWN);
  EXPECT_LE(relative_residual(A, s.x, b), 1e-13);
}

TEST(Fused, TakesThePlainPathWhereThingsAreUnusualAndSaysWhy) {
  const Domain d = box(20, 18, 19);
  const OwnedMat A = system(d, voxel());
  const OwnedVec b = noise(A);
  const auto says = [&](const std::function<void(KSP)>& change, const std::string& why) {
    const OwnedKSP ksp = make_dcd(A, d);
    change(ksp);
    const Solve s = run(ksp, b);
    EXPECT_GT(s.reason, 0) << why;
    EXPECT_FALSE(s.fused) << why;
    EXPECT_LE(relative_residual(A, s.x, b), 1e-4) << why;
    const std::string text = view(ksp);
    EXPECT_EQ(text.find("last solve: not fused with the preconditioner, " + why) != std::string::npos, first_rank())
        << text;
  };
  says([](KSP k) { KSPDCDSetFused(k, PETSC_FALSE); }, "as was asked for");
  says([](KSP k) { KSPSetNormType(k, KSP_NORM_NATURAL); }, "it is for the unpreconditioned norm");
  says([](KSP k) { KSPDCDSetDirections(k, 0); }, "no previous direction is to be kept");
  says([](KSP k) { PCSetType(pc_of(k), PCJACOBI); }, "the preconditioner has no fused form");
  says(
      [](KSP k) {
        KSPSetConvergenceTest(
            k,
            [](KSP, PetscInt it, PetscReal, KSPConvergedReason* reason, void*) -> PetscErrorCode {
              *reason = it == 8 ? KSP_CONVERGED_ITS : KSP_CONVERGED_ITERATING;
              return 0;
            },
            nullptr, nullptr);
      },
      "the convergence test is not the default");
  OwnedMat other;
  MatDuplicate(A, MAT_COPY_VALUES, other.out());
  compose_cells(other, d);
  says([&](KSP k) { KSPSetOperators(k, A, other); }, "the preconditioner is made from another matrix");
}

TEST(Fused, LeavesAPreconditionerOfOldValuesToThePlainIteration) {
  const Domain d = box(20, 18, 19);
  const OwnedMat A = system(d, voxel());
  const OwnedKSP ksp = make_dcd(A, d);
  const OwnedVec b = noise(A);
  run(ksp, b);
  KSPSetReusePreconditioner(ksp, PETSC_TRUE);
  MatScale(A, 1.5);
  MatShift(A, 0.5);
  const Solve old = run(ksp, b);
  EXPECT_FALSE(old.fused);
  EXPECT_LE(relative_residual(A, old.x, b), 1e-6);
  KSPSetReusePreconditioner(ksp, PETSC_FALSE);
  const Solve anew = run(ksp, b);
  EXPECT_TRUE(anew.fused) << view(ksp);
  EXPECT_LE(relative_residual(A, anew.x, b), 1e-6);
}

TEST(Fused, HasADefinedOutcomeForAnyVector) {
  const Domain d = box(20, 18, 19);
  const OwnedMat A = system(d, voxel());
  const OwnedKSP ksp = make_dcd(A, d);
  const OwnedVec b = noise(A), zero = zeros(A), guess = noise(A, 3);
  EXPECT_EQ(run(ksp, zero).reason, KSP_CONVERGED_ATOL);
  const Solve to_zero = run(ksp, zero, guess);
  EXPECT_GT(to_zero.reason, 0);
  for (const double factor : {1e-140, 1e140}) {
    VecScale(b, factor);
    KSPSetTolerances(ksp, 1e-6, 0, PETSC_DEFAULT, 100);
    const Solve s = run(ksp, b);
    EXPECT_EQ(s.reason, KSP_CONVERGED_RTOL) << factor;
    VecScale(b, 1 / factor);
  }
  VecSetValue(b, 3, std::nan(""), INSERT_VALUES);
  VecAssemblyBegin(b);
  VecAssemblyEnd(b);
  EXPECT_EQ(run(ksp, b).reason, KSP_DIVERGED_NANORINF);
}

TEST(Fused, LeavesNothingBehindOfNumbersOutOfRange) {
  const Domain d = balls(24, 6, 1);
  const OwnedMat A = system(d, voxel());
  const OwnedKSP ksp = make_dcd(A, d);
  const OwnedVec b = noise(A), far = noise(A, 3);
  const Solve before = run(ksp, b);
  for (const double factor : {1e19, 1e30, 1e60}) { // squares, then numbers leave single precision
    VecScale(far, factor);
    run(ksp, b, far);
    VecScale(far, 1 / factor);
    const Solve after = run(ksp, b);
    EXPECT_TRUE(after.fused) << factor;
    EXPECT_EQ(after.history, before.history) << factor;
  }
}

TEST(Fused, KeepsAGuessThatIsTheSolution) {
  const Domain d = box(20, 18, 19);
  const OwnedMat A = system(d, voxel());
  const OwnedKSP ksp = make_dcd(A, d);
  const OwnedVec x = noise(A), b = zeros(A);
  MatMult(A, x, b);
  const Solve s = run(ksp, b, x);
  EXPECT_EQ(s.iterations, 0);
  EXPECT_LE(difference(x, s.x), 1e-14);
}

TEST(Fused, SolvesOneSystemAfterTheOther) {
  const Domain first = balls(24, 6, 1), second = balls(24, 6, 2);
  for (const Domain* d : {&first, &second, &first}) {
    const OwnedMat A = system(*d, voxel());
    const OwnedVec b = noise(A);
    const OwnedKSP ksp = make_dcd(A, *d);
    const Solve once = run(ksp, b);
    for (int k = 0; k < 3; ++k) {
      const Solve again = run(ksp, b);
      EXPECT_EQ(again.history, once.history);
    }
  }
}

} // namespace
