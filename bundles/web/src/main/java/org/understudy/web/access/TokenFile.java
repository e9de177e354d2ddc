// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.AccessToken;
import org.understudy.api.Role;
import org.understudy.json.ForeignJson;

/** The file with the tokens of a server. It has their hashes, not their secrets, and only the user of the server reads it. */
record TokenFile(Path path) {
    private static final JsonMapper MAPPER = ForeignJson.MAPPER;

    /** @param hash of the secret */
    record Stored(AccessToken token, String hash) {}

    /** {@return the tokens; none if there is no file} */
    List<Stored> read() throws IOException {
        try {
            List<Stored> tokens = new ArrayList<>();
            for (JsonNode node : MAPPER.readTree(Files.readString(path)).path("tokens")) {
                tokens.add(stored(node));
            }
            return tokens;
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (JsonProcessingException e) {
            throw new IOException("File " + path + " is not JSON: " + e.getOriginalMessage(), e);
        } catch (RuntimeException e) {
            throw new IOException("File " + path + " has an invalid token: " + e.getMessage(), e);
        }
    }

    private static Stored stored(JsonNode node) {
        return new Stored(
                new AccessToken(
                        node.required("id").asText(),
                        node.required("name").asText(),
                        node.required("user").asText(),
                        Role.valueOf(node.required("role").asText()),
                        Instant.parse(node.required("created").asText()),
                        Instant.parse(node.required("expires").asText()),
                        Optional.ofNullable(node.get("lastUsed")).map(time -> Instant.parse(time.asText()))),
                node.required("sha256").asText());
    }

    /** Replaces the file. A crash leaves the former one or the new one. */
    void write(List<Stored> tokens) throws IOException {
        ArrayNode list = MAPPER.createArrayNode();
        tokens.forEach(stored -> list.add(json(stored)));
        byte[] text = MAPPER.createObjectNode()
                .<ObjectNode>set("tokens", list)
                .toPrettyString()
                .getBytes(StandardCharsets.UTF_8);
        Path next = path.resolveSibling(path.getFileName() + ".new");
        Files.createDirectories(path.toAbsolutePath().getParent());
        Files.deleteIfExists(next);
        try (FileChannel file = FileChannel.open(
                next,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap(text);
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static ObjectNode json(Stored stored) {
        AccessToken token = stored.token();
        ObjectNode json = MAPPER.createObjectNode()
                .put("id", token.id())
                .put("name", token.name())
                .put("user", token.user())
                .put("role", token.role().name())
                .put("created", token.created().toString())
                .put("expires", token.expires().toString());
        token.lastUsed().ifPresent(time -> json.put("lastUsed", time.toString()));
        return json.put("sha256", stored.hash());
    }
}
