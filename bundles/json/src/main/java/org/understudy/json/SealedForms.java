// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.AnnotationIntrospector;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.introspect.NopAnnotationIntrospector;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.jsontype.TypeResolverBuilder;
import com.fasterxml.jackson.databind.jsontype.impl.StdTypeResolverBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Distinguishes the forms of a sealed interface by a key with a name, as if each had annotations for it. */
final class SealedForms extends NopAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    private final String key;
    private final transient Function<Class<?>, String> name;

    private SealedForms(String key, Function<Class<?>, String> name) {
        this.key = key;
        this.name = name;
    }

    static AnnotationIntrospector introspector(String key, Function<Class<?>, String> name) {
        return AnnotationIntrospector.pair(new SealedForms(key, name), new JacksonAnnotationIntrospector());
    }

    static boolean isForm(Class<?> type) {
        return Arrays.stream(type.getInterfaces()).anyMatch(Class::isSealed);
    }

    /** {@code NotMeasured} becomes {@code not-measured}. */
    static String kind(Class<?> form) {
        return form.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    @Override
    public TypeResolverBuilder<?> findTypeResolver(MapperConfig<?> config, AnnotatedClass type, JavaType base) {
        Class<?> raw = type.getRawType();
        return raw.isInterface() && raw.isSealed() || isForm(raw)
                ? new StdTypeResolverBuilder()
                        .init(JsonTypeInfo.Id.NAME, null)
                        .inclusion(JsonTypeInfo.As.PROPERTY)
                        .typeProperty(key)
                : null;
    }

    @Override
    public List<NamedType> findSubtypes(Annotated type) {
        return type.getRawType().isSealed()
                ? Arrays.stream(type.getRawType().getPermittedSubclasses())
                        .map(form -> new NamedType(form, name.apply(form)))
                        .toList()
                : null;
    }

    @Override
    public String findTypeName(AnnotatedClass type) {
        return isForm(type.getRawType()) ? name.apply(type.getRawType()) : null;
    }
}
