"""One module per emulator and service, named EMULATOR_SERVICE, each with GAPS and apply()."""

import importlib
import pkgutil


def apply_all(emulator):
    """Applies every patch module of this emulator ("moto" or "ministack")."""
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith(emulator + "_"):
            importlib.import_module(f"{__name__}.{module.name}").apply()
