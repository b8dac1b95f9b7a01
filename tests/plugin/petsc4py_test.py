"""KSPDCD from petsc4py: python3 petsc4py_test.py /abs/path/liblinnet.so [PETSc options]"""
import sys

import petsc4py

library = sys.argv[1]
petsc4py.init(["petsc4py_test", "-dll_append", library] + sys.argv[2:])
from petsc4py import PETSc  # noqa: E402


def laplacian_on(da):
    """The 5-point Laplacian on a DMDA, Dirichlet all round."""
    A = da.createMatrix()
    (x0, x1), (y0, y1) = da.getRanges()
    nx, ny = da.getSizes()
    row, col = PETSc.Mat.Stencil(), PETSc.Mat.Stencil()
    for j in range(y0, y1):
        for i in range(x0, x1):
            row.index = (i, j)
            for (di, dj), value in (((0, 0), 4.0), ((1, 0), -1.0), ((-1, 0), -1.0), ((0, 1), -1.0), ((0, -1), -1.0)):
                if 0 <= i + di < nx and 0 <= j + dj < ny:
                    col.index = (i + di, j + dj)
                    A.setValueStencil(row, col, value)
    A.assemble()
    return A


da = PETSc.DMDA().create([24, 20], stencil_width=1)
A = laplacian_on(da)
b, x, residual = A.createVecs()[0], A.createVecs()[0], A.createVecs()[0]
b.set(1.0)
for prefix in ("", "inner_"):
    ksp = PETSc.KSP().create()
    ksp.setOptionsPrefix(prefix)
    ksp.setOperators(A)
    ksp.setType("dcd")
    ksp.pc.setType("bjacobi")
    ksp.setTolerances(rtol=1e-9)
    ksp.setFromOptions()
    ksp.solve(b, x)
    A.mult(x, residual)
    residual.aypx(-1, b)
    relative = residual.norm() / b.norm()
    PETSc.Sys.Print(f"{prefix}{ksp.getType()} {ksp.getIterationNumber()} {ksp.getConvergedReason()} {relative:.1e}")
    assert ksp.getType() == "dcd" and ksp.getConvergedReason() > 0 and relative <= 1e-9

# The network on the grid of a DMDA, against incomplete Cholesky.
da = PETSc.DMDA().create([72, 65], stencil_width=1)
A = laplacian_on(da)
b, x, residual = A.createVecs()[0], A.createVecs()[0], A.createVecs()[0]
b.setRandom()
PETSc.Options()["plain_sub_pc_type"] = "icc"
iterations = {}
for ksp_type, pc_type in (("dcd", "cnn"), ("cg", "bjacobi")):
    ksp = PETSc.KSP().create()
    ksp.setOptionsPrefix("plain_")
    ksp.setOperators(A)
    ksp.setType(ksp_type)
    ksp.pc.setType(pc_type)
    ksp.pc.setDM(da)
    ksp.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
    ksp.setTolerances(rtol=1e-6)
    ksp.setFromOptions()
    ksp.solve(b, x)
    A.mult(x, residual)
    residual.aypx(-1, b)
    assert ksp.getConvergedReason() > 0 and residual.norm() <= 1.01e-6 * b.norm()
    iterations[pc_type] = ksp.getIterationNumber()
PETSc.Sys.Print(iterations)
assert 3 * iterations["cnn"] <= iterations["bjacobi"]
PETSc.Sys.Print("passed")
