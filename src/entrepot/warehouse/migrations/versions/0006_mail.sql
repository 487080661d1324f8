create table entrepot.courrier (
    courrier_id bigint generated always as identity primary key,
    etape text not null,
    etat text not null,
    territoire_id text,
    trimestre text,
    recepisse_id bigint references entrepot.recepisse,
    jour date not null,
    destinataires text[] not null check (cardinality(destinataires) > 0),
    copies text[] not null,
    objet text not null,
    message_id text not null unique,
    essais smallint not null default 1 check (essais >= 0),
    reclame_le timestamptz not null default clock_timestamp(),
    resultat text check (resultat in ('envoye', 'echec')),
    resultat_le timestamptz,
    servis text[] not null default '{}',
    detail text,
    constraint courrier_une_fois unique nulls not distinct (etape, etat, territoire_id, trimestre, recepisse_id),
    check ((resultat is null) = (resultat_le is null))
);
create index on entrepot.courrier (recepisse_id);
comment on table entrepot.courrier is
'Courriels envoyés, ou sur le point de l''être : une ligne est réservée avant l''envoi, et aucun état d''un retour n''en a deux.';
comment on column entrepot.courrier.etape is 'Étape de relances.yaml, « accuse » (accusé de réception) ou « deja_recu ».';
comment on column entrepot.courrier.etat is 'État du retour (relances) ou verdict du fichier (accusés) dont parle le courriel.';
comment on column entrepot.courrier.recepisse_id is 'Fichier dont parle le courriel : celui dont il accuse réception, ou le dernier rejeté.';
comment on column entrepot.courrier.jour is 'Jour pour lequel le courriel était dû, Europe/Paris.';
comment on column entrepot.courrier.essais is 'Nombre d''essais, celui en cours compris.';
comment on column entrepot.courrier.reclame_le is 'Réservation du dernier essai.';
comment on column entrepot.courrier.resultat is
'« echec » : au moins une adresse n''est pas servie. Vide : envoi en cours, ou interrompu sans qu''on sache s''il est parti (`entrepot mail retry`).';
comment on column entrepot.courrier.servis is 'Adresses dont le serveur a pris le courriel.';
comment on column entrepot.courrier.detail is 'Ce que le serveur a répondu pour les autres.';
