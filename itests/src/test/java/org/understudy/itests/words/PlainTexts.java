// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.understudy.itests.words.Text.Kind;

/** The texts of everything but Java, by regular expressions. */
final class PlainTexts {
    private static final Pattern C_STRING =
            Pattern.compile("\"((?:[^\"\\\\\n]++|\\\\.)*+)\"(?:\\s*\"((?:[^\"\\\\\n]++|\\\\.)*+)\")*");
    private static final Pattern C_COMMENT = Pattern.compile("/\\*.*?\\*/", Pattern.DOTALL);
    /** Quoted, or between two tags of a template. Templates contain code, so they are no text as a whole. */
    private static final Pattern TS_TEXT = Pattern.compile("'((?:[^'\\\\\n]++|\\\\.)*+)'|`((?:[^`\\\\\n<]++|\\\\.)*+)`"
            + "|(?:title|aria-label|placeholder)=\"([^\"]+)\"|>([^<>;{}()=`]+)<");

    private static final Pattern JS_COMMENT = Pattern.compile("/\\*.*?\\*/|(?m)^\\s*//[^\n]*$", Pattern.DOTALL);
    private static final Pattern HTML_TEXT =
            Pattern.compile(">([^<>]+)<|(?:title|aria-label|placeholder)=\"([^\"]+)\"");
    private static final Pattern SHELL_TEXT =
            Pattern.compile("\\b(?:say|die|die_usage)\\b ((?:\"(?:[^\"\\\\]++|\\\\.)*+\" ?)+)");
    private static final Pattern HERE = Pattern.compile("<<'USAGE'\n(.*?)\nUSAGE", Pattern.DOTALL);
    private static final Pattern PYTHON_STRING =
            Pattern.compile("\"((?:[^\"\\\\\n]++|\\\\.)*+)\"|'((?:[^'\\\\\n]++|\\\\.)*+)'");
    private static final Pattern ROFF_REQUEST = Pattern.compile("(?m)^\\.(?:\\\\\"|B|I|BI|RI|RB|IR|TP|PP|SH|TH)\\b");
    private static final Pattern CODE_BLOCK = Pattern.compile("(?ms)^[ \t]*(```|~~~).*?^[ \t]*\\1");
    private static final Pattern INLINE_CODE = Pattern.compile("`(?:[^`\n]|\n(?!\\s*\n))+`|\\]\\([^)\n]+\\)|<[^>\n]+>");

    private final Checkout checkout;
    private final List<Text> texts = new ArrayList<>();

    private PlainTexts(Checkout checkout) {
        this.checkout = checkout;
    }

    static List<Text> of(Checkout checkout) {
        PlainTexts reader = new PlainTexts(checkout);
        reader.each("bundles/web/src/main/console", "**.ts", Kind.CONSOLE, TS_TEXT, PlainTexts::withoutScriptComments);
        reader.each("bundles/web/src/main/console", "**.{ts,mjs}", Kind.COMMENT, JS_COMMENT, Function.identity());
        reader.each("bundles/web/src/main/console", "**.html", Kind.CONSOLE, HTML_TEXT, Function.identity());
        for (String folder : List.of("itests/lib", "packaging/lib")) {
            reader.each(folder, "**.sh", Kind.SCRIPT, SHELL_TEXT, Function.identity());
        }
        reader.each("", "understudy", Kind.SCRIPT, HERE, Function.identity());
        reader.each(
                "hooks",
                "hooks/{hook,**.py}",
                Kind.SCRIPT,
                PYTHON_STRING,
                text -> text.replaceAll("(?m)^\\s*#.*$", ""));
        for (String folder : List.of("src", "cli", "jni", "include")) {
            reader.each("native/" + folder, "**.{c,h}", Kind.NATIVE, C_STRING, PlainTexts::withoutComments);
            reader.each("native/" + folder, "**.{c,h}", Kind.COMMENT, C_COMMENT, Function.identity());
        }
        for (String folder : List.of("native/cli", "packaging/man")) {
            reader.whole(
                    folder,
                    "**.[58]",
                    text -> ROFF_REQUEST.matcher(text).replaceAll("").replace("\\-", "-"));
        }
        reader.whole("bundles/config/src/main/resources", "**.yaml", text -> text.replaceAll("(?m)^[ ]*# ?", ""));
        reader.whole("hooks", "**.{conf,md}", PlainTexts::prose);
        reader.whole("docs", "**.md", PlainTexts::prose);
        reader.whole("", "{README,CHANGELOG,CONTRIBUTING}.md", PlainTexts::prose);
        reader.whole("itests/lab", "**.md", PlainTexts::prose);
        return List.copyOf(reader.texts);
    }

    private void each(String folder, String glob, Kind kind, Pattern pattern, Function<String, String> prepare) {
        for (String file : files(folder, glob)) {
            String content = prepare.apply(checkout.read(file));
            pattern.matcher(content).results().forEach(found -> {
                String words = kind == Kind.NATIVE ? found.group() : firstGroup(found);
                if (words.strip().contains(" ")) {
                    texts.add(Text.whole(kind, file, line(content, found.start()), words.strip()));
                }
            });
        }
    }

    private void whole(String folder, String glob, Function<String, String> prepare) {
        for (String file : files(folder, glob)) {
            texts.add(Text.whole(Kind.DOCUMENT, file, 1, prepare.apply(checkout.read(file))));
        }
    }

    private List<String> files(String folder, String glob) {
        return folder.isEmpty() ? checkout.topLevel(glob) : checkout.files(folder, glob);
    }

    private static String firstGroup(MatchResult found) {
        for (int i = 1; i <= found.groupCount(); i++) {
            if (found.group(i) != null) {
                return found.group(i);
            }
        }
        return found.group();
    }

    private static int line(String content, int at) {
        return 1 + (int) content.substring(0, at).chars().filter(c -> c == '\n').count();
    }

    private static String newlines(String text) {
        return "\n".repeat(line(text, text.length()) - 1);
    }

    /** The text with code blocks and code spans emptied; its lines stay. */
    static String prose(String markdown) {
        String text = CODE_BLOCK.matcher(markdown).replaceAll(found -> newlines(found.group()));
        return INLINE_CODE.matcher(text).replaceAll(found -> "{}" + newlines(found.group()));
    }

    private static String withoutComments(String source) {
        return C_COMMENT.matcher(source).replaceAll(found -> newlines(found.group()));
    }

    private static String withoutScriptComments(String source) {
        return JS_COMMENT.matcher(source).replaceAll(found -> newlines(found.group()));
    }
}
