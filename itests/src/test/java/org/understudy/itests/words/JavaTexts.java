// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import com.github.javaparser.JavaParser;
import com.github.javaparser.ParserConfiguration;
import com.github.javaparser.ParserConfiguration.LanguageLevel;
import com.github.javaparser.ast.CompilationUnit;
import com.github.javaparser.ast.Node;
import com.github.javaparser.ast.comments.Comment;
import com.github.javaparser.ast.expr.BinaryExpr;
import com.github.javaparser.ast.expr.Expression;
import com.github.javaparser.ast.expr.LiteralStringValueExpr;
import com.github.javaparser.ast.expr.MethodCallExpr;
import com.github.javaparser.ast.expr.NormalAnnotationExpr;
import com.github.javaparser.ast.expr.StringLiteralExpr;
import com.github.javaparser.ast.expr.TextBlockLiteralExpr;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.understudy.itests.words.Text.Kind;

/** The texts of Java sources: findings, errors, logs, help, other sentences in literals, and comments. */
final class JavaTexts {
    private static final Set<String> LEVELS = Set.of("error", "warn", "info", "debug", "trace");
    private static final Pattern SENTENCE = Pattern.compile("(?:\\b[A-Za-z][a-z]+\\b[ ,;:'{}-]+){2,}\\b[A-Za-z]");
    private static final Pattern CODE =
            Pattern.compile("\\{@(?:code|link|linkplain|value|literal)\\s[^{}]*}|<code>.*?</code>");

    private final Map<String, CompilationUnit> sources = new LinkedHashMap<>();
    private final Wording wording = new Wording();
    private final Set<Text> texts = new LinkedHashSet<>();

    private JavaTexts(Map<String, String> files) {
        JavaParser parser = new JavaParser(new ParserConfiguration().setLanguageLevel(LanguageLevel.JAVA_17));
        files.forEach((file, content) -> sources.put(
                file,
                parser.parse(content).getResult().orElseThrow(() -> new AssertionError(file + " cannot be parsed"))));
    }

    /** The texts of all files, given by path and content. */
    static List<Text> of(Map<String, String> files) {
        JavaTexts reader = new JavaTexts(files);
        Sinks sinks = new Sinks(List.copyOf(reader.sources.values()), reader.wording);
        reader.sources.forEach((file, source) -> {
            reader.messages(file, source, sinks);
            reader.logs(file, source);
            reader.help(file, source);
        });
        reader.sources.forEach((file, source) -> {
            reader.literals(file, source);
            reader.comments(file, source);
        });
        return List.copyOf(reader.texts);
    }

    /** The names of the shell commands, such as {@code understudy:vm-list}. */
    static Set<String> commands(Map<String, String> files) {
        Set<String> names = new TreeSet<>();
        new JavaTexts(files)
                .sources
                .values()
                .forEach(source -> source.findAll(NormalAnnotationExpr.class).stream()
                        .filter(annotation -> annotation.getNameAsString().equals("Command"))
                        .forEach(
                                annotation -> names.add(value(annotation, "scope") + ":" + value(annotation, "name"))));
        return names;
    }

    private static String value(NormalAnnotationExpr annotation, String key) {
        return annotation.getPairs().stream()
                .filter(pair -> pair.getNameAsString().equals(key))
                .map(pair -> pair.getValue().toString().replace("\"", ""))
                .findFirst()
                .orElse("");
    }

    private void messages(String file, CompilationUnit source, Sinks sinks) {
        sinks.uses(source)
                .forEach(use -> use.roles()
                        .forEach((index, role) ->
                                add(role.kind(), file, use.arguments().get(index), role.starts(), role.ends())));
    }

    private void add(Kind kind, String file, Expression expression, boolean starts, boolean ends) {
        wording.of(expression).forEach(phrase -> {
            String words = Wording.withoutMarks(phrase.words());
            if (!words.isBlank() && words.matches("(?s).*[a-zA-Z]{2}.*")) {
                texts.add(new Text(kind, file, phrase.line(), words, starts, ends));
            }
        });
    }

    private void logs(String file, CompilationUnit source) {
        source.findAll(MethodCallExpr.class).stream()
                .filter(call -> LEVELS.contains(call.getNameAsString())
                        && call.getScope()
                                .filter(s -> s.toString().matches("(?i)log(ger)?"))
                                .isPresent())
                .forEach(call -> add(Kind.LOG, file, call.getArgument(0), true, true));
    }

    private void help(String file, CompilationUnit source) {
        source.findAll(NormalAnnotationExpr.class).stream()
                .filter(annotation -> annotation.getNameAsString().matches("Command|Option|Argument"))
                .forEach(annotation -> annotation.getPairs().stream()
                        .filter(pair -> pair.getNameAsString().equals("description"))
                        .forEach(pair -> add(
                                annotation.getNameAsString().equals("Command") ? Kind.COMMAND_HELP : Kind.OPTION_HELP,
                                file,
                                pair.getValue(),
                                true,
                                true)));
    }

    private void literals(String file, CompilationUnit source) {
        source.findAll(LiteralStringValueExpr.class).stream()
                .filter(literal -> literal instanceof StringLiteralExpr || literal instanceof TextBlockLiteralExpr)
                .filter(literal -> !wording.hasRead(literal))
                .map(JavaTexts::outermostSum)
                .distinct()
                .forEach(sum -> wording.of(sum).forEach(phrase -> {
                    String words = Wording.withoutMarks(phrase.words());
                    if (SENTENCE.matcher(words).find()) {
                        texts.add(new Text(Kind.LITERAL, file, phrase.line(), words, false, false));
                    }
                }));
    }

    private static Expression outermostSum(Expression literal) {
        Expression outer = literal;
        while (outer.getParentNode().orElse(null) instanceof BinaryExpr sum
                && sum.getOperator() == BinaryExpr.Operator.PLUS) {
            outer = sum;
        }
        return outer;
    }

    private void comments(String file, CompilationUnit source) {
        List<Comment> comments = new ArrayList<>(source.getAllContainedComments());
        source.getComment().ifPresent(comments::add);
        comments.sort((a, b) -> Integer.compare(firstLine(a), firstLine(b)));
        StringBuilder joined = new StringBuilder();
        int start = 0;
        int end = -1;
        for (Comment comment : comments) {
            boolean continues = comment.isLineComment() && firstLine(comment) == end + 1;
            if (!continues) {
                addComment(file, start, joined.toString());
                joined.setLength(0);
                start = firstLine(comment);
            }
            joined.append(continues ? "\n" : "").append(comment.getContent());
            end = comment.isLineComment() ? firstLine(comment) : -1;
        }
        addComment(file, start, joined.toString());
    }

    private static int firstLine(Node node) {
        return node.getBegin().map(begin -> begin.line).orElse(0);
    }

    private void addComment(String file, int line, String content) {
        String words = content.replaceAll("(?m)^[ \t]*\\* ?", "");
        if (!words.isBlank()) {
            texts.add(Text.whole(Kind.COMMENT, file, line, CODE.matcher(words).replaceAll("{}")));
        }
    }
}
