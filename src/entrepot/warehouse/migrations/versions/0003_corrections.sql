alter table entrepot.recepisse
drop constraint recepisse_canal_check,
drop constraint recepisse_genre_check,
drop constraint recepisse_format_check,
drop constraint recepisse_check2,
add constraint recepisse_canal_check check (canal in ('depot', 'commande', 'correction')),
add constraint recepisse_genre_check
check (genre in ('retour', 'retrait', 'liste_pactes', 'registre_corrections', 'inconnu')),
add constraint recepisse_format_check check (format in ('xlsx', 'xls', 'ods', 'csv', 'json')),
add constraint recepisse_accepte_check check (
    verdict <> 'accepte' or genre in ('liste_pactes', 'registre_corrections')
    or (
        genre in ('retour', 'retrait')
        and territoire_id is not null and trimestre is not null and millesime is not null
    )
),
add constraint recepisse_derive_check check ((canal = 'correction') = (format is not distinct from 'json'));
create index on entrepot.recepisse (recepisse_id) where genre = 'registre_corrections';
comment on column entrepot.recepisse.canal is
'« correction » : récépissé dérivé, tiré par l''entrepôt d''un retour reçu et des registres de corrections de l''ANCT.';
comment on column entrepot.recepisse.genre is
'« retrait » : met fin à la vigueur d''un retour sans le remplacer (toujours dérivé d''un registre de corrections).';

create table entrepot.correction (
    registre_id bigint not null references entrepot.recepisse,
    ligne integer not null,
    territoire_id text,
    trimestre text,
    tableau text,
    repere text,
    champ text,
    ancienne text,
    nouvelle text,
    motif text,
    piece text,
    auteur text,
    date_decision date,
    identite text not null,
    defauts text[] not null,
    recevable boolean not null generated always as (defauts = '{}') stored,
    primary key (registre_id, ligne)
);
create index on entrepot.correction (territoire_id, trimestre) where recevable;
comment on table entrepot.correction is
'Lignes des registres de corrections de l''ANCT, telles que lues : ce qui est visé, l''ancienne et la nouvelle valeur, et pourquoi.';
comment on column entrepot.correction.tableau is 'Tableau du gabarit ; « retour » pour le retrait d''un retour entier.';
comment on column entrepot.correction.repere is
'Ligne visée : code du public (tableau croisé), premier champ de la ligne (liste) ; vide pour une fiche, dont le champ est la question.';
comment on column entrepot.correction.ancienne is 'Texte qui doit encore s''y trouver (vide : cellule vide) ; nom du fichier pour un retrait.';
comment on column entrepot.correction.auteur is 'Service qui a décidé ; jamais une personne.';
comment on column entrepot.correction.identite is
'Même correction dans deux registres (un registre tenu au fil de l''eau est envoyé plusieurs fois) : même identité.';
comment on column entrepot.correction.defauts is 'Champs du registre qui manquent ou ne se comprennent pas ; la ligne n''est alors pas appliquée.';

create table entrepot.correction_appliquee (
    recepisse_id bigint not null references entrepot.recepisse,
    registre_id bigint not null,
    registre_ligne integer not null,
    origine_id bigint not null references entrepot.recepisse,
    tableau text not null,
    feuille smallint,
    ligne integer,
    colonne smallint,
    ancienne text,
    nouvelle text,
    primary key (recepisse_id, registre_id, registre_ligne),
    foreign key (registre_id, registre_ligne) references entrepot.correction (registre_id, ligne)
);
comment on table entrepot.correction_appliquee is
'Lignes de registre que porte chaque récépissé dérivé, avec la cellule remplacée du retour d''origine (vide pour un retrait).';
