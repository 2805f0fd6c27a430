"""AES-128-CCM and X25519 of the system's libcrypto (OpenSSL 1.1.1 or later) through ctypes, and HKDF from the standard library.
Keys are bytes, and no cryptographic algorithm is written here. It is for the bench: keys stay in ordinary memory."""

import ctypes
import ctypes.util
import hashlib
import hmac
import os

NONCE_BYTES = 13
TAG_BYTES = 8
KEY_BYTES = 32
_CCM_SET_NONCE_LENGTH, _CCM_GET_TAG, _CCM_SET_TAG = 0x09, 0x10, 0x11
_X25519 = 1034


def _load():
    for name in (ctypes.util.find_library("crypto"), "libcrypto.so.3", "libcrypto.so.1.1"):
        try:
            if name:
                return ctypes.CDLL(name)
        except OSError:
            pass
    raise SystemExit("rig: libcrypto (OpenSSL) is not on this system; Debian has it in libssl3")


_lib = _load()
for _name in ("EVP_aes_128_ccm", "EVP_CIPHER_CTX_new", "EVP_PKEY_new_raw_private_key", "EVP_PKEY_new_raw_public_key", "EVP_PKEY_CTX_new"):
    getattr(_lib, _name).restype = ctypes.c_void_p


def _pointer(address):
    if not address:
        raise RuntimeError("libcrypto refused")
    return ctypes.c_void_p(address)


def _check(result):
    if result != 1:
        raise RuntimeError("libcrypto refused")


class _Ccm:
    """One run of the cipher. `encrypts` is 1 or 0. `tag` is the tag that decryption expects."""

    def __init__(self, encrypts, key, nonce, tag=None):
        self.context = _pointer(_lib.EVP_CIPHER_CTX_new())
        cipher = _pointer(_lib.EVP_aes_128_ccm())
        _check(_lib.EVP_CipherInit_ex(self.context, cipher, None, None, None, encrypts))
        _check(_lib.EVP_CIPHER_CTX_ctrl(self.context, _CCM_SET_NONCE_LENGTH, NONCE_BYTES, None))
        _check(_lib.EVP_CIPHER_CTX_ctrl(self.context, _CCM_SET_TAG, TAG_BYTES, tag))
        _check(_lib.EVP_CipherInit_ex(self.context, None, None, key, nonce, encrypts))

    def run(self, associated, text):
        """The encrypted or decrypted text; None when the tag does not match."""
        length = ctypes.c_int()
        out = ctypes.create_string_buffer(len(text))
        _check(_lib.EVP_CipherUpdate(self.context, None, ctypes.byref(length), None, len(text)))
        _check(_lib.EVP_CipherUpdate(self.context, None, ctypes.byref(length), associated, len(associated)))
        good = _lib.EVP_CipherUpdate(self.context, out, ctypes.byref(length), text, len(text)) == 1
        return out.raw if good else None

    def tag(self):
        tag = ctypes.create_string_buffer(TAG_BYTES)
        _check(_lib.EVP_CIPHER_CTX_ctrl(self.context, _CCM_GET_TAG, TAG_BYTES, tag))
        return tag.raw

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _lib.EVP_CIPHER_CTX_free(self.context)


def seal(key, nonce, associated, text):
    """The encrypted text with its tag."""
    with _Ccm(1, key, nonce) as ccm:
        return ccm.run(associated, text) + ccm.tag()


def unseal(key, nonce, associated, sealed):
    """The text, or None when it is not authentic."""
    with _Ccm(0, key, nonce, sealed[-TAG_BYTES:]) as ccm:
        return ccm.run(associated, sealed[:-TAG_BYTES])


class KeyPair:
    """A fresh X25519 key pair."""

    def __init__(self):
        self._pair = _pointer(_lib.EVP_PKEY_new_raw_private_key(_X25519, None, os.urandom(KEY_BYTES), ctypes.c_size_t(KEY_BYTES)))
        public, length = ctypes.create_string_buffer(KEY_BYTES), ctypes.c_size_t(KEY_BYTES)
        _check(_lib.EVP_PKEY_get_raw_public_key(self._pair, public, ctypes.byref(length)))
        self.public = public.raw

    def agree(self, theirs):
        """The shared secret."""
        other = _pointer(_lib.EVP_PKEY_new_raw_public_key(_X25519, None, theirs, ctypes.c_size_t(KEY_BYTES)))
        context = _pointer(_lib.EVP_PKEY_CTX_new(self._pair, None))
        secret, length = ctypes.create_string_buffer(KEY_BYTES), ctypes.c_size_t(KEY_BYTES)
        try:
            _check(_lib.EVP_PKEY_derive_init(context))
            _check(_lib.EVP_PKEY_derive_set_peer(context, other))
            _check(_lib.EVP_PKEY_derive(context, secret, ctypes.byref(length)))
        finally:
            _lib.EVP_PKEY_CTX_free(context)
            _lib.EVP_PKEY_free(other)
        return secret.raw


def hkdf(material, salt, info, length=16):
    """HKDF-SHA-256 (RFC 5869) for at most one block of output."""
    extracted = hmac.digest(salt, material, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:length]
