// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.introspect.VirtualAnnotatedMember;
import com.fasterxml.jackson.databind.ser.VirtualBeanPropertyWriter;
import com.fasterxml.jackson.databind.util.Annotations;
import com.fasterxml.jackson.databind.util.SimpleBeanPropertyDefinition;

/**
 * A property with the kind of a record, which Jackson's own type ids omit where a collection's type is not known, as in a list
 * that is the whole value.
 */
final class FormProperty extends VirtualBeanPropertyWriter {
    private static final long serialVersionUID = 1;

    private FormProperty(BeanPropertyDefinition definition, Annotations annotations, JavaType type) {
        super(definition, annotations, type);
    }

    static FormProperty of(SerializationConfig config, AnnotatedClass record, String key) {
        JavaType text = config.constructType(String.class);
        VirtualAnnotatedMember member = new VirtualAnnotatedMember(record, record.getRawType(), key, text);
        return new FormProperty(SimpleBeanPropertyDefinition.construct(config, member), record.getAnnotations(), text);
    }

    @Override
    protected Object value(Object record, JsonGenerator json, SerializerProvider provider) {
        return SealedForms.kind(record.getClass());
    }

    @Override
    public VirtualBeanPropertyWriter withConfig(
            MapperConfig<?> config, AnnotatedClass declaring, BeanPropertyDefinition definition, JavaType type) {
        return new FormProperty(definition, declaring.getAnnotations(), type);
    }
}
