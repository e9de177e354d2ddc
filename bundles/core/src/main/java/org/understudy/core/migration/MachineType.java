// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.io.StringReader;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Reads the one value of a definition that matters for a move besides the pairs: its machine type. */
final class MachineType {
    private MachineType() {}

    /** The {@code machine} of {@code <os><type>}; empty if the definition has none or is no XML. */
    static Optional<String> of(String definition) {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(definition));
            boolean inOs = false;
            while (reader.hasNext()) {
                if (reader.next() == XMLStreamConstants.START_ELEMENT) {
                    if (inOs && reader.getLocalName().equals("type")) {
                        return Optional.ofNullable(reader.getAttributeValue(null, "machine"));
                    }
                    inOs = inOs || reader.getLocalName().equals("os");
                }
            }
            return Optional.empty();
        } catch (XMLStreamException e) {
            return Optional.empty();
        }
    }
}
