// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Option;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * Parses options that follow the arguments. Karaf accepts options only before the arguments; a command whose last argument
 * is multi-valued receives the others in it.
 */
final class TrailingOptions {
    /** The name of an argument that has options alone. */
    static final String OPTIONS = "options";

    private final Object command;

    private TrailingOptions(Object command) {
        this.command = command;
    }

    /** Sets the fields of the options that Karaf parsed as arguments. */
    static void apply(Object command) {
        new TrailingOptions(command).apply();
    }

    private void apply() {
        for (Field field : fields()) {
            Argument argument = field.getAnnotation(Argument.class);
            if (argument != null && argument.multiValued() && read(field) instanceof List<?> words) {
                write(field, withoutOptions(words, !argument.name().equals(OPTIONS)));
            }
        }
    }

    /**
     * Sets the options among the words.
     *
     * @param keep whether the other words are values of the argument, not mistakes
     */
    private List<String> withoutOptions(List<?> words, boolean keep) {
        List<String> values = new ArrayList<>();
        Iterator<?> rest = words.iterator();
        while (rest.hasNext()) {
            String word = rest.next().toString();
            if (keep && !word.startsWith("-")) {
                values.add(word);
            } else {
                set(word, rest);
            }
        }
        return List.copyOf(values);
    }

    private List<Field> fields() {
        List<Field> fields = new ArrayList<>();
        for (Class<?> type = command.getClass(); type != Object.class; type = type.getSuperclass()) {
            fields.addAll(List.of(type.getDeclaredFields()));
        }
        return fields;
    }

    private void set(String word, Iterator<?> rest) {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        Field field = option(name);
        if (field.getType() == boolean.class) {
            write(field, equals < 0 || Boolean.parseBoolean(word.substring(equals + 1)));
        } else if (equals < 0 && !rest.hasNext()) {
            throw invalid("Option " + name + " needs a value");
        } else {
            setValue(field, name, equals < 0 ? rest.next().toString() : word.substring(equals + 1));
        }
    }

    private void setValue(Field field, String name, String value) {
        if (field.getType() == int.class) {
            if (!value.matches("\\d{1,9}")) {
                throw invalid("Option " + name + " needs a number, not '" + value + "'");
            }
            write(field, Integer.parseInt(value));
        } else if (field.getType() == List.class) {
            List<Object> values = new ArrayList<>((List<?>) read(field));
            values.add(value);
            write(field, values);
        } else {
            write(field, value);
        }
    }

    private Field option(String name) {
        return fields().stream()
                .filter(field -> field.isAnnotationPresent(Option.class)
                        && field.getAnnotation(Option.class).name().equals(name))
                .findFirst()
                .orElseThrow(() -> invalid(
                        name.startsWith("-")
                                ? "Unknown option '" + name + "'; --help lists the options"
                                : "Unexpected argument '" + name + "'"));
    }

    private static UnderstudyException invalid(String detail) {
        return new UnderstudyException(ErrorCode.INVALID_ARGUMENT, detail);
    }

    private Object read(Field field) {
        try {
            field.setAccessible(true);
            return field.get(command);
        } catch (IllegalAccessException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, field + " cannot be read", e);
        }
    }

    private void write(Field field, Object value) {
        try {
            field.setAccessible(true);
            field.set(command, value);
        } catch (IllegalAccessException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, field + " cannot be set", e);
        }
    }
}
