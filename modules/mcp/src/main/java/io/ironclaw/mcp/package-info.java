/** The MCP server and client. May use {@code api} and a JSON parser. */
@NullMarked
package io.ironclaw.mcp;

import org.jspecify.annotations.NullMarked;
