// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.ser.BeanSerializerModifier;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializerBase;
import com.fasterxml.jackson.databind.type.MapType;
import com.fasterxml.jackson.databind.util.NameTransformer;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The rules of {@link org.understudy.api.JsonView}. It refers to no record by name. */
final class DisplayModule extends SimpleModule {
    private static final long serialVersionUID = 1;

    private static final String MILLIS = "Ms";

    DisplayModule() {
        super("understudy-display");
        addSerializer(new Constants());
        addSerializer(new Durations());
        setSerializerModifier(new Shapes());
    }

    private static String text(Object value) {
        return value instanceof Enum<?> constant
                ? constant.name().toLowerCase(Locale.ROOT).replace('_', '-')
                : recordText(value);
    }

    /** The component of a record that has only one: its {@code toString} is for messages and may escape characters. */
    private static String recordText(Object value) {
        RecordComponent[] components =
                value.getClass().isRecord() ? value.getClass().getRecordComponents() : new RecordComponent[0];
        if (components.length != 1 || components[0].getType() != String.class) {
            return value.toString();
        }
        try {
            return (String) components[0].getAccessor().invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(value.getClass() + " does not allow access to its component", e);
        }
    }

    private static final class RecordTexts extends ToStringSerializerBase {
        private static final long serialVersionUID = 1;

        RecordTexts() {
            super(Object.class);
        }

        @Override
        public String valueToString(Object value) {
            return recordText(value);
        }
    }

    private static final class Constants extends StdSerializer<Enum<?>> {
        private static final long serialVersionUID = 1;

        Constants() {
            super(Enum.class, false);
        }

        @Override
        public void serialize(Enum<?> value, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeString(text(value));
        }
    }

    /** Milliseconds with up to three decimals: {@code 12}, {@code 12.5}, {@code 12.345}. */
    private static final class Durations extends StdSerializer<Duration> {
        private static final long serialVersionUID = 1;

        Durations() {
            super(Duration.class);
        }

        @Override
        public void serialize(Duration value, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeNumber(BigDecimal.valueOf(value.toNanos(), 6)
                    .setScale(3, RoundingMode.HALF_UP)
                    .stripTrailingZeros()
                    .toPlainString());
        }
    }

    /** Selects the serializers of records and maps. */
    private static final class Shapes extends BeanSerializerModifier {
        private static final long serialVersionUID = 1;

        @Override
        public List<BeanPropertyWriter> changeProperties(
                SerializationConfig config, BeanDescription type, List<BeanPropertyWriter> components) {
            List<BeanPropertyWriter> shown = new ArrayList<>();
            if (SealedForms.isForm(type.getBeanClass())) {
                shown.add(FormProperty.of(config, type.getClassInfo(), "kind"));
            }
            for (BeanPropertyWriter component : components) {
                shown.add(
                        isDuration(component)
                                ? component.rename(NameTransformer.simpleTransformer("", MILLIS))
                                : component);
            }
            return shown;
        }

        private static boolean isDuration(BeanPropertyWriter component) {
            return component.getType().hasRawClass(Duration.class)
                    || component.getType().isReferenceType()
                            && component.getType().getContentType().hasRawClass(Duration.class);
        }

        @Override
        public JsonSerializer<?> modifySerializer(
                SerializationConfig config, BeanDescription type, JsonSerializer<?> serializer) {
            return type.getBeanClass().isRecord() && isText(type.getBeanClass()) ? new RecordTexts() : serializer;
        }

        /**
         * True for a record with its own {@code toString}, such as a name or a PCI address. The {@code toString} that the
         * compiler adds to a record is final. Source: Java Language Specification, 8.10.3.
         */
        private static boolean isText(Class<?> type) {
            return Arrays.stream(type.getDeclaredMethods())
                    .filter(m -> m.getName().equals("toString") && m.getParameterCount() == 0)
                    .noneMatch(m -> Modifier.isFinal(m.getModifiers()));
        }

        @Override
        public JsonSerializer<?> modifyMapSerializer(
                SerializationConfig config, MapType map, BeanDescription type, JsonSerializer<?> serializer) {
            return new Maps();
        }
    }

    /** Like a record: without empty optionals, and with the unit in the key of a duration. */
    private static final class Maps extends StdSerializer<Map<?, ?>> {
        private static final long serialVersionUID = 1;

        Maps() {
            super(Map.class, false);
        }

        @Override
        public void serialize(Map<?, ?> map, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeStartObject(map);
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                Object value = entry.getValue() instanceof Optional<?> maybe ? maybe.orElse(null) : entry.getValue();
                if (value != null) {
                    String key = text(entry.getKey());
                    provider.defaultSerializeField(value instanceof Duration ? key + MILLIS : key, value, json);
                }
            }
            json.writeEndObject();
        }
    }
}
