"""Which floating-point flags of the processor are not believed.

NumPy warns of an "invalid value" when a flag of the processor is set after a product, whatever the
product's numbers are. BLAS sets this flag by accident: OpenBLAS's AVX-512 product of a matrix and a
float32 vector of length 5 multiplies lanes of a register that nobody filled, and throws the result
away. What stood there before decides, so the warning comes once in thousands of runs. Numbers that
are not finite are therefore found by looking at them: at losses, gradients and weights.
"""

from __future__ import annotations

import numpy as np

flags_of_products_ignored = np.errstate(invalid="ignore")
"""Decorates what multiplies matrices. Once around a whole forward pass: it costs a microsecond."""
