"""-Laplace u = f on the unit cube, u = 0 on its surface, by linear finite elements of dolfinx (Debian's
python3-dolfinx-real); the solver is what PETSc's options say.

  poisson_dolfinx.py [-n 16] [-cell tetrahedron|hexahedron] [PETSc options]

n cells a side. On tetrahedra the matrix has the 7 points of a grid, on hexahedra 27.
"""
import sys

import petsc4py

petsc4py.init(sys.argv)
try:
    import ufl
    from dolfinx import fem, mesh
    from dolfinx.fem import petsc
except ImportError as missing:
    sys.exit(f"poisson_dolfinx.py: {missing}: install python3-dolfinx-real")
from mpi4py import MPI  # noqa: E402
from petsc4py import PETSc  # noqa: E402

options = PETSc.Options()
n = options.getInt("n", 16)
cell = options.getString("cell", "tetrahedron")
domain = mesh.create_unit_cube(MPI.COMM_WORLD, n, n, n, getattr(mesh.CellType, cell))
V = fem.FunctionSpace(domain, ("Lagrange", 1))
u, v, x = ufl.TrialFunction(V), ufl.TestFunction(V), ufl.SpatialCoordinate(domain)
form = fem.form(ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx)
load = fem.form(10 * ufl.exp(-50 * ((x[0] - 0.4) ** 2 + (x[1] - 0.6) ** 2)) * v * ufl.dx)
domain.topology.create_connectivity(2, 3)
surface = fem.locate_dofs_topological(V, 2, mesh.exterior_facet_indices(domain.topology))
zero = fem.dirichletbc(PETSc.ScalarType(0), surface, V)

A = petsc.assemble_matrix(form, bcs=[zero])
A.assemble()
b = petsc.assemble_vector(load)
petsc.apply_lifting(b, [form], bcs=[[zero]])
b.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
petsc.set_bc(b, [zero])
ksp = PETSc.KSP().create(domain.comm)
ksp.setOperators(A)
ksp.setFromOptions()
solution = fem.Function(V)
ksp.solve(b, solution.vector)
