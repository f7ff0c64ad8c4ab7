# A small image with regctl: `docker build -t regctl .`, then `docker run --rm regctl version`.
# Settings come from a mounted file, as in `-v ~/.regctl:/home/deno/.regctl:ro`.

FROM denoland/deno:alpine-2.9.6 AS bundle
WORKDIR /source
COPY . .
RUN deno run -A bundle/main.ts /bundle

FROM denoland/deno:alpine-2.9.6
COPY --from=bundle /bundle/regctl.js /usr/local/lib/regctl.js
ENV DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1 HOME=/home/deno
USER deno
ENTRYPOINT ["deno", "run", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run", "--quiet", "--no-config", "/usr/local/lib/regctl.js"]
CMD ["--help"]
