// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import com.github.javaparser.ast.CompilationUnit;
import com.github.javaparser.ast.Node;
import com.github.javaparser.ast.NodeList;
import com.github.javaparser.ast.body.CallableDeclaration;
import com.github.javaparser.ast.body.ClassOrInterfaceDeclaration;
import com.github.javaparser.ast.body.ConstructorDeclaration;
import com.github.javaparser.ast.body.EnumConstantDeclaration;
import com.github.javaparser.ast.body.MethodDeclaration;
import com.github.javaparser.ast.body.Parameter;
import com.github.javaparser.ast.body.RecordDeclaration;
import com.github.javaparser.ast.body.TypeDeclaration;
import com.github.javaparser.ast.expr.Expression;
import com.github.javaparser.ast.expr.MethodCallExpr;
import com.github.javaparser.ast.expr.ObjectCreationExpr;
import com.github.javaparser.ast.stmt.ExplicitConstructorInvocationStmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.understudy.itests.words.Text.Kind;

/**
 * The methods and constructors whose arguments become findings, remedies and errors: those of the API, and each that
 * hands a parameter of its own to one of them.
 */
final class Sinks {
    /** What an argument is, and whether it is the start and the end of it. */
    record Role(Kind kind, boolean starts, boolean ends) {
        private Role or(Role other) {
            return starts && ends ? this : other;
        }
    }

    /** The arguments of one call that matter. */
    record Use(Map<Integer, Role> roles, NodeList<Expression> arguments) {}

    private static final String CONSTRUCTOR = "<init>";

    /** By name and number of parameters, then by type, then by index. */
    private final Map<String, Map<String, Map<Integer, Role>>> roles = new HashMap<>();

    private final Map<Node, List<Node>> calls = new IdentityHashMap<>();
    private final Wording wording;
    private final DeclaredTypes declaredTypes;

    Sinks(List<CompilationUnit> sources, Wording wording) {
        this.wording = wording;
        this.declaredTypes = new DeclaredTypes(sources);
        add("Finding", "of", 4, 2, whole(Kind.FINDING));
        add("Finding", "of", 4, 3, whole(Kind.REMEDY));
        add("Finding", CONSTRUCTOR, 6, 3, whole(Kind.FINDING));
        add("Finding", CONSTRUCTOR, 6, 4, whole(Kind.REMEDY));
        add("UnderstudyException", CONSTRUCTOR, 2, 0, whole(Kind.ERROR));
        add("UnderstudyException", CONSTRUCTOR, 2, 1, whole(Kind.ERROR));
        add("UnderstudyException", CONSTRUCTOR, 3, 1, whole(Kind.ERROR));
        sources.forEach(this::addByName);
        int before;
        do {
            before = roles.hashCode();
            sources.forEach(this::follow);
        } while (roles.hashCode() != before);
    }

    private static Role whole(Kind kind) {
        return new Role(kind, true, true);
    }

    private void add(String type, String name, int count, int index, Role role) {
        roles.computeIfAbsent(name + "/" + count, key -> new TreeMap<>())
                .computeIfAbsent(type, key -> new HashMap<>())
                .merge(index, role, Role::or);
    }

    /** A parameter or component with the name "remedy" or "nextStep" is one, whatever becomes of it. */
    private void addByName(CompilationUnit source) {
        source.findAll(CallableDeclaration.class).forEach(c -> addByName(typeOf(c), nameOf(c), parameters(c)));
        source.findAll(RecordDeclaration.class)
                .forEach(r -> addByName(r.getNameAsString(), CONSTRUCTOR, r.getParameters()));
    }

    private void addByName(String type, String name, NodeList<Parameter> parameters) {
        List<String> names = parameters.stream().map(Parameter::getNameAsString).toList();
        int remedy = Math.max(names.indexOf("remedy"), names.indexOf("nextStep"));
        if (remedy >= 0) {
            add(type, name, names.size(), remedy, whole(Kind.REMEDY));
            if (names.contains("message")) {
                add(type, name, names.size(), names.indexOf("message"), whole(Kind.FINDING));
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static NodeList<Parameter> parameters(CallableDeclaration<?> callable) {
        return callable.getParameters();
    }

    private static String nameOf(CallableDeclaration<?> callable) {
        return callable instanceof ConstructorDeclaration ? CONSTRUCTOR : callable.getNameAsString();
    }

    static String typeOf(Node node) {
        return type(node).map(TypeDeclaration::getNameAsString).orElse("");
    }

    @SuppressWarnings("unchecked")
    private static Optional<TypeDeclaration<?>> type(Node node) {
        return node.findAncestor(TypeDeclaration.class).map(type -> (TypeDeclaration<?>) type);
    }

    private void follow(CompilationUnit source) {
        source.findAll(CallableDeclaration.class)
                .forEach(callable -> uses(callable)
                        .forEach(use -> use.roles()
                                .forEach((index, role) -> wording.of(
                                                use.arguments().get(index))
                                        .forEach(phrase -> follow(callable, role, phrase.words())))));
    }

    private void follow(CallableDeclaration<?> callable, Role role, String words) {
        NodeList<Parameter> parameters = parameters(callable);
        for (int i = 0; i < parameters.size(); i++) {
            String mark = Wording.mark(parameters.get(i).getNameAsString());
            if (parameters.get(i).getTypeAsString().equals("String") && words.contains(mark)) {
                boolean starts = role.starts() && words.startsWith(mark);
                boolean ends = role.ends() && words.endsWith(mark);
                Kind kind = starts || ends ? role.kind() : Kind.LITERAL;
                add(typeOf(callable), nameOf(callable), parameters.size(), i, new Role(kind, starts, ends));
            }
        }
    }

    /** All calls inside the node whose arguments matter. */
    List<Use> uses(Node node) {
        return calls.computeIfAbsent(node, Sinks::callsIn).stream()
                .map(this::use)
                .filter(use -> !use.roles().isEmpty())
                .toList();
    }

    private static List<Node> callsIn(Node node) {
        List<Node> found = new ArrayList<>(node.findAll(MethodCallExpr.class));
        found.addAll(node.findAll(ObjectCreationExpr.class));
        found.addAll(node.findAll(ExplicitConstructorInvocationStmt.class));
        found.addAll(node.findAll(EnumConstantDeclaration.class));
        return found;
    }

    private Use use(Node node) {
        if (node instanceof MethodCallExpr call) {
            return new Use(rolesOf(call), call.getArguments());
        } else if (node instanceof ObjectCreationExpr made) {
            return constructor(made.getType().getNameAsString(), made.getArguments());
        } else if (node instanceof ExplicitConstructorInvocationStmt call) {
            return constructor(constructed(call), call.getArguments());
        }
        return constructor(typeOf(node), ((EnumConstantDeclaration) node).getArguments());
    }

    private Use constructor(String type, NodeList<Expression> arguments) {
        return new Use(rolesOf(type, CONSTRUCTOR, arguments.size()), arguments);
    }

    @SuppressWarnings("unchecked")
    private static String constructed(ExplicitConstructorInvocationStmt call) {
        return call.isThis()
                ? typeOf(call)
                : call.findAncestor(ClassOrInterfaceDeclaration.class)
                        .flatMap(type -> type.getExtendedTypes().getFirst())
                        .map(type -> type.getNameAsString())
                        .orElse("");
    }

    private Map<Integer, Role> rolesOf(String type, String name, int count) {
        return roles.getOrDefault(name + "/" + count, Map.of()).getOrDefault(type, Map.of());
    }

    private Map<Integer, Role> rolesOf(MethodCallExpr call) {
        int count = call.getArguments().size();
        String name = call.getNameAsString();
        Map<String, Map<Integer, Role>> byType = roles.getOrDefault(name + "/" + count, Map.of());
        if (byType.isEmpty()) {
            return Map.of();
        }
        String scope = call.getScope().map(Expression::toString).orElse("");
        if (scope.matches("[A-Z]\\w*(\\.[A-Z]\\w*)*")) {
            return byType.getOrDefault(scope.substring(scope.lastIndexOf('.') + 1), Map.of());
        }
        if (scope.isEmpty() || scope.equals("this")) {
            List<String> types = declaring(call, name, count);
            if (!types.isEmpty()) {
                return types.stream()
                        .map(type -> byType.getOrDefault(type, Map.of()))
                        .filter(found -> !found.isEmpty())
                        .findFirst()
                        .orElse(Map.of());
            }
        }
        Optional<String> declared = declaredTypes.declaring(call);
        return declared.isPresent()
                ? byType.getOrDefault(declared.get(), Map.of())
                : byType.values().iterator().next();
    }

    private static List<String> declaring(Node call, String name, int count) {
        return call.findCompilationUnit().orElseThrow().findAll(MethodDeclaration.class).stream()
                .filter(method -> method.getNameAsString().equals(name)
                        && method.getParameters().size() == count)
                .map(Sinks::typeOf)
                .toList();
    }
}
