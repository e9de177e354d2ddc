// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import com.github.javaparser.ast.CompilationUnit;
import com.github.javaparser.ast.Node;
import com.github.javaparser.ast.body.MethodDeclaration;
import com.github.javaparser.ast.body.Parameter;
import com.github.javaparser.ast.body.VariableDeclarator;
import com.github.javaparser.ast.expr.Expression;
import com.github.javaparser.ast.expr.MethodCallExpr;
import com.github.javaparser.ast.expr.NameExpr;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The types of variables and accessors, as far as their declarations in the same file are unambiguous. */
final class DeclaredTypes {
    /** Each method as type, name and number of parameters. */
    private final Set<List<Object>> methods = new HashSet<>();

    DeclaredTypes(List<CompilationUnit> sources) {
        for (CompilationUnit source : sources) {
            source.findAll(MethodDeclaration.class)
                    .forEach(method -> methods.add(List.of(
                            Sinks.typeOf(method),
                            method.getNameAsString(),
                            method.getParameters().size())));
        }
    }

    /** The type whose own method a call calls; empty if that is unknown. */
    Optional<String> declaring(MethodCallExpr call) {
        return call.getScope()
                .flatMap(DeclaredTypes::typeOf)
                .filter(type -> methods.contains(List.of(
                        type, call.getNameAsString(), call.getArguments().size())));
    }

    private static Optional<String> typeOf(Expression scope) {
        if (scope instanceof NameExpr variable) {
            return only(variable, variable.getNameAsString(), false);
        } else if (scope instanceof MethodCallExpr accessor
                && accessor.getArguments().isEmpty()) {
            return only(accessor, accessor.getNameAsString(), true);
        }
        return Optional.empty();
    }

    private static Optional<String> only(Node use, String name, boolean accessor) {
        CompilationUnit source = use.findCompilationUnit().orElseThrow();
        Stream<String> variables = source.findAll(VariableDeclarator.class).stream()
                .filter(variable -> variable.getNameAsString().equals(name))
                .map(VariableDeclarator::getTypeAsString);
        // The components of a record are parameters, too.
        Stream<String> parameters = source.findAll(Parameter.class).stream()
                .filter(parameter -> parameter.getNameAsString().equals(name))
                .map(Parameter::getTypeAsString);
        Stream<String> results = source.findAll(MethodDeclaration.class).stream()
                .filter(method -> method.getNameAsString().equals(name)
                        && method.getParameters().isEmpty())
                .map(MethodDeclaration::getTypeAsString);
        Set<String> types = Stream.concat(accessor ? results : variables, parameters)
                .filter(type -> !type.isEmpty())
                .collect(Collectors.toSet());
        return types.size() == 1 ? types.stream().findFirst() : Optional.empty();
    }
}
