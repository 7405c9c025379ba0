/**
 * The MCP server and client. An adapter over {@code tool}; may use that, {@code api} and a JSON
 * parser.
 */
@NullMarked
package io.ironclaw.mcp;

import org.jspecify.annotations.NullMarked;
