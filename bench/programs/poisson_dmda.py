"""-div rho grad u = f with f of no scale on the cells of a cube, u = 0 beyond them, by petsc4py on a DMDA; the solver is what
PETSc's options say.

  poisson_dmda.py [-n 16] [-jump 1] [PETSc options]

n cells a side; rho is 1, and `jump` in the ball of radius 0.3 n about the middle; between cells, the harmonic mean.
"""
import sys

import petsc4py

petsc4py.init(sys.argv)
import numpy  # noqa: E402
from petsc4py import PETSc  # noqa: E402

options = PETSc.Options()
n, jump = options.getInt("n", 16), options.getReal("jump", 1)
da = PETSc.DMDA().create([n, n, n], stencil_width=1)
A = da.createMatrix()
(x0, x1), (y0, y1), (z0, z1) = da.getRanges()
k, j, i = numpy.meshgrid(*(numpy.arange(a - 1, b + 1) for a, b in ((z0, z1), (y0, y1), (x0, x1))), indexing="ij")
middle = (n - 1) / 2
rho = numpy.where((i - middle) ** 2 + (j - middle) ** 2 + (k - middle) ** 2 <= (0.3 * n) ** 2, jump, 1.0)

# Couplings with the neighbours below and above on z, y and x, and rows by local number with ghosts.
own = (slice(1, -1),) * 3
inside = rho[own]
couplings, columns = [numpy.zeros(inside.shape)], []
number = numpy.full(rho.shape, -1, dtype=PETSc.IntType)
(gx0, gx1), (gy0, gy1), (gz0, gz1) = da.getGhostRanges()
there = tuple(slice(g0 - a + 1, g1 - a + 1) for g0, g1, a in ((gz0, gz1, z0), (gy0, gy1, y0), (gx0, gx1, x0)))
number[there] = numpy.arange((gz1 - gz0) * (gy1 - gy0) * (gx1 - gx0)).reshape(gz1 - gz0, gy1 - gy0, gx1 - gx0)
columns.append(number[own])
for axis in range(3):
    for side in (0, 2):
        shifted = tuple(slice(side, side + m) if a == axis else slice(1, 1 + m) for a, m in enumerate(inside.shape))
        mean = 2 * inside * rho[shifted] / (inside + rho[shifted])
        couplings[0] = couplings[0] + mean
        couplings.append(-mean)
        columns.append(number[shifted])  # negative beyond the cube: left out
values, columns = (numpy.stack(a, axis=-1).reshape(-1, 7) for a in (couplings, columns))
for row, column, value in zip(columns[:, 0], columns, values):
    A.setValuesLocal(row, column, value)
A.assemble()
b, x = A.createVecs()
b.setArray(numpy.sin(1 + 3.1 * i**2 + 5.7 * i * j + 2.3 * j * k)[own].ravel())
ksp = PETSc.KSP().create(da.comm)
ksp.setDM(da)
ksp.setDMActive(False)
ksp.setOperators(A)
ksp.setFromOptions()
ksp.solve(b, x)
