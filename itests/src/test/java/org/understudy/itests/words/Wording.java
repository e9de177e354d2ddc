// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import com.github.javaparser.ast.Node;
import com.github.javaparser.ast.NodeList;
import com.github.javaparser.ast.body.CallableDeclaration;
import com.github.javaparser.ast.body.FieldDeclaration;
import com.github.javaparser.ast.body.MethodDeclaration;
import com.github.javaparser.ast.body.Parameter;
import com.github.javaparser.ast.body.TypeDeclaration;
import com.github.javaparser.ast.body.VariableDeclarator;
import com.github.javaparser.ast.expr.AssignExpr;
import com.github.javaparser.ast.expr.BinaryExpr;
import com.github.javaparser.ast.expr.ConditionalExpr;
import com.github.javaparser.ast.expr.EnclosedExpr;
import com.github.javaparser.ast.expr.Expression;
import com.github.javaparser.ast.expr.LambdaExpr;
import com.github.javaparser.ast.expr.LiteralStringValueExpr;
import com.github.javaparser.ast.expr.MethodCallExpr;
import com.github.javaparser.ast.expr.NameExpr;
import com.github.javaparser.ast.expr.StringLiteralExpr;
import com.github.javaparser.ast.expr.SwitchExpr;
import com.github.javaparser.ast.expr.TextBlockLiteralExpr;
import com.github.javaparser.ast.stmt.ExpressionStmt;
import com.github.javaparser.ast.stmt.ReturnStmt;
import com.github.javaparser.ast.stmt.YieldStmt;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads from the source what texts an expression can have: all branches, with constants, local variables and methods of
 * the same file resolved. A parameter of the enclosing method becomes a mark.
 */
final class Wording {
    /** One text and the line of its first literal. */
    record Phrase(String words, int line) {}

    private static final int DEPTH = 4;
    private static final int VARIANTS = 24;

    private final Set<Node> read = Collections.newSetFromMap(new IdentityHashMap<>());

    static String mark(String parameter) {
        return "\u0001" + parameter + "\u0002";
    }

    static String withoutMarks(String words) {
        return words.replaceAll("\u0001[^\u0002]*\u0002", Text.UNKNOWN);
    }

    /** The literals that were part of an expression read so far. */
    boolean hasRead(Node literal) {
        return read.contains(literal);
    }

    List<Phrase> of(Expression expression) {
        return of(expression, Map.of(), DEPTH);
    }

    private List<Phrase> of(Expression e, Map<String, List<Phrase>> known, int depth) {
        if (e instanceof StringLiteralExpr || e instanceof TextBlockLiteralExpr) {
            read.add(e);
            String words = e instanceof TextBlockLiteralExpr block
                    ? block.translateEscapes()
                    : ((StringLiteralExpr) e).asString();
            return List.of(new Phrase(words, line(e)));
        } else if (e instanceof LiteralStringValueExpr literal) {
            return List.of(new Phrase(literal.getValue(), line(e)));
        } else if (e instanceof EnclosedExpr enclosed) {
            return of(enclosed.getInner(), known, depth);
        } else if (e instanceof BinaryExpr sum && sum.getOperator() == BinaryExpr.Operator.PLUS) {
            return joined(of(sum.getLeft(), known, depth), of(sum.getRight(), known, depth));
        } else if (e instanceof ConditionalExpr choice) {
            return both(of(choice.getThenExpr(), known, depth), of(choice.getElseExpr(), known, depth));
        } else if (e instanceof SwitchExpr cases) {
            return arms(cases, known, depth);
        } else if (e instanceof NameExpr name) {
            return named(name, known, depth);
        } else if (e instanceof MethodCallExpr call) {
            return called(call, known, depth);
        }
        return unknown(e);
    }

    private static List<Phrase> unknown(Expression e) {
        return List.of(new Phrase(Text.UNKNOWN, line(e)));
    }

    private static int line(Node node) {
        return node.getBegin().map(begin -> begin.line).orElse(0);
    }

    private static List<Phrase> joined(List<Phrase> left, List<Phrase> right) {
        List<Phrase> all = new ArrayList<>();
        for (Phrase l : left) {
            for (Phrase r : right) {
                int line = withoutMarks(l.words()).equals(Text.UNKNOWN) ? r.line() : l.line();
                all.add(new Phrase(l.words() + r.words(), line));
            }
        }
        return all.subList(0, Math.min(VARIANTS, all.size()));
    }

    private static List<Phrase> both(List<Phrase> one, List<Phrase> other) {
        List<Phrase> all = new ArrayList<>(one);
        all.addAll(other);
        return all;
    }

    private List<Phrase> arms(SwitchExpr cases, Map<String, List<Phrase>> known, int depth) {
        List<Phrase> all = new ArrayList<>();
        cases.getEntries()
                .forEach(entry -> entry.getStatements().forEach(statement -> {
                    if (statement instanceof ExpressionStmt arm) {
                        all.addAll(of(arm.getExpression(), known, depth));
                    }
                    statement
                            .findAll(YieldStmt.class)
                            .forEach(yielded -> all.addAll(of(yielded.getExpression(), known, depth)));
                }));
        return all;
    }

    private List<Phrase> named(NameExpr expression, Map<String, List<Phrase>> known, int depth) {
        String name = expression.getNameAsString();
        Optional<Node> scope = expression.getParentNode();
        while (scope.isPresent() && depth > 0) {
            Node node = scope.get();
            if (node instanceof LambdaExpr lambda && declares(lambda.getParameters(), name)) {
                return unknown(expression);
            } else if (node instanceof CallableDeclaration<?> method) {
                List<Expression> values = assigned(method, name);
                if (!values.isEmpty()) {
                    return values.stream()
                            .flatMap(value -> of(value, known, depth - 1).stream())
                            .toList();
                } else if (declares(method.getParameters(), name)) {
                    return known.getOrDefault(name, List.of(new Phrase(mark(name), line(expression))));
                }
            } else if (node instanceof TypeDeclaration<?> type) {
                Optional<Expression> constant = type.getFields().stream()
                        .filter(FieldDeclaration::isFinal)
                        .flatMap(field -> field.getVariables().stream())
                        .filter(variable -> variable.getNameAsString().equals(name))
                        .findFirst()
                        .flatMap(VariableDeclarator::getInitializer);
                if (constant.isPresent()) {
                    return of(constant.get(), Map.of(), depth - 1);
                }
            }
            scope = node.getParentNode();
        }
        return unknown(expression);
    }

    private static boolean declares(NodeList<Parameter> parameters, String name) {
        return parameters.stream()
                .anyMatch(parameter -> parameter.getNameAsString().equals(name));
    }

    private static List<Expression> assigned(CallableDeclaration<?> method, String name) {
        List<Expression> values = new ArrayList<>();
        method.findAll(VariableDeclarator.class).stream()
                .filter(variable -> variable.getNameAsString().equals(name))
                .flatMap(variable -> variable.getInitializer().stream())
                .forEach(values::add);
        method.findAll(AssignExpr.class).stream()
                .filter(assignment -> assignment.getTarget().toString().equals(name))
                .map(AssignExpr::getValue)
                .forEach(values::add);
        return values;
    }

    private List<Phrase> called(MethodCallExpr call, Map<String, List<Phrase>> known, int depth) {
        String name = call.getNameAsString();
        if (name.equals("formatted") && call.getScope().isPresent()) {
            return formats(of(call.getScope().get(), known, depth));
        } else if (name.equals("format")
                && call.getScope().filter(s -> s.toString().equals("String")).isPresent()) {
            return formats(of(call.getArgument(0), known, depth));
        } else if (name.equals("orElse") && call.getArgument(0) instanceof StringLiteralExpr) {
            return both(unknown(call), of(call.getArgument(0), known, depth));
        } else if (call.getScope().isPresent() || depth == 0) {
            return unknown(call);
        }
        return call.findCompilationUnit().orElseThrow().findAll(MethodDeclaration.class).stream()
                .filter(method -> method.getNameAsString().equals(name)
                        && method.getParameters().size() == call.getArguments().size()
                        && method.getTypeAsString().equals("String"))
                .findFirst()
                .map(method -> returned(method, call, known, depth - 1))
                .orElseGet(() -> unknown(call));
    }

    private List<Phrase> returned(
            MethodDeclaration method, MethodCallExpr call, Map<String, List<Phrase>> known, int depth) {
        Map<String, List<Phrase>> arguments = new HashMap<>();
        for (int i = 0; i < call.getArguments().size(); i++) {
            arguments.put(method.getParameter(i).getNameAsString(), of(call.getArgument(i), known, depth));
        }
        List<Phrase> all = method.findAll(ReturnStmt.class).stream()
                .flatMap(statement -> statement.getExpression().stream())
                .flatMap(value -> of(value, arguments, depth).stream())
                .toList();
        return all.isEmpty() ? unknown(call) : all;
    }

    private static List<Phrase> formats(List<Phrase> phrases) {
        return phrases.stream()
                .map(p -> new Phrase(p.words().replaceAll("%[-0-9.,]*[a-zA-Z]", Text.UNKNOWN), p.line()))
                .toList();
    }
}
