"""Every setting says what it does."""

import ast
import inspect
import itertools

from matinee.settings import Settings


def test_every_setting_has_a_sentence_under_it():
    module = ast.parse(inspect.getsource(Settings))
    assert isinstance(module.body[0], ast.ClassDef)
    body = module.body[0].body
    silent = [
        ast.unparse(node.target)
        for node, after in itertools.pairwise(body)
        if isinstance(node, ast.AnnAssign) and not isinstance(after, ast.Expr)
    ]
    assert silent == []
